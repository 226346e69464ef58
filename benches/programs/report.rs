//! Writes the report of a run: `report <folder of the run> <folder of the report>`.

use std::path::Path;
use std::process::ExitCode;

use resilience_benches::report::{Run, write};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [run, folder] = arguments.as_slice() else {
        eprintln!("report <folder of the run> <folder of the report>");
        return ExitCode::FAILURE;
    };
    let run_folder = Path::new(run);
    match write(&Run::read(run_folder, None), run_folder, Path::new(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
