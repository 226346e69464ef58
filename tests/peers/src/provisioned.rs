//! Where the programs are that `scripts/provision-peers` brings.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

/// Where everything is that is not a Debian package.
pub(crate) fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let workspace = workspace.canonicalize().unwrap_or(workspace);
        // As the script does, which runs in the workspace.
        workspace.join(env::var_os("RESILIENCE_PEERS_DIR").unwrap_or_else(|| "target/peers".into()))
    })
}

/// A file in that folder.
pub(crate) fn file(path: &str) -> Result<PathBuf> {
    let file = folder().join(path);
    if !file.exists() {
        bail!("{} is missing: run scripts/provision-peers", file.display());
    }
    Ok(file)
}

/// Envoy, which comes as a Python package.
pub(crate) fn envoy() -> Result<PathBuf> {
    let library = file("venv/lib")?;
    let pythons = library.read_dir()?.flatten();
    pythons
        .map(|python| python.path().join("site-packages/envoy/_bin/envoy"))
        .find(|program| program.is_file())
        .context("envoy is missing: run scripts/provision-peers")
}

/// A program on the `PATH`, or where Debian puts what only root runs.
pub(crate) fn program(name: &str) -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
        .with_context(|| format!("{name} is missing: run scripts/provision-peers"))
}

/// A program of the newest PostgreSQL: Debian keeps them out of the `PATH`.
pub(crate) fn postgres_program(name: &str) -> Result<PathBuf> {
    let versions = Path::new("/usr/lib/postgresql")
        .read_dir()
        .into_iter()
        .flatten()
        .flatten();
    versions
        .filter_map(|version| {
            Some((
                version.file_name().to_str()?.parse::<u32>().ok()?,
                version.path(),
            ))
        })
        .map(|(version, folder)| (version, folder.join("bin").join(name)))
        .filter(|(_, program)| program.is_file())
        .max()
        .map_or_else(|| self::program(name), |(_, program)| Ok(program))
}

/// Of a Python package, for servers that do not say it themselves.
pub(crate) async fn python_package_version(package: &str) -> Result<String> {
    package_version("venv", package).await
}

/// Of a Python package in this environment.
pub(crate) async fn package_version(environment: &str, package: &str) -> Result<String> {
    let mut python = Command::new(file(&format!("{environment}/bin/python"))?);
    python.args([
        "-c",
        "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))",
        package,
    ]);
    let output = python.kill_on_drop(true).output().await?;
    if !output.status.success() {
        bail!("{package}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
