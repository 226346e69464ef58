//! What the registry knows in the end.

use resilience_runtime::{Registry, telemetry::ServiceStats};

use crate::story::Story;

const COLUMNS: [&str; 12] = [
    "service", "kind", "calls", "attempts", "retries", "ok", "failed", "timeouts", "rejected",
    "fallback", "breaker", "opened",
];

pub fn scene(story: &mut Story) {
    story.scene("The registry's statistics");
    let stats = Registry::global().stats();
    let mut rows = vec![COLUMNS.map(str::to_owned)];
    rows.extend(stats.services.iter().map(row));
    print(&rows);

    story.tell(format_args!(
        "{} services, {} calls, {} attempts, {} retries, {} rejections, {} answers by fallback.",
        stats.total_services,
        stats.total_calls,
        stats.total_attempts,
        stats.total_retries,
        stats.total_rejections,
        stats.fallbacks_served
    ));
    story.promise(
        stats.total_services == 11 && stats.open_breakers == 0,
        "eleven services, and every breaker is closed again",
    );
    // An `Ok` that `classify_ok` judged a failure is among the failures, so the sum holds for it too.
    let adds_up = |service: &ServiceStats| {
        service.attempts == service.successes + service.failures.total()
            && service.attempts + service.rejections.total() >= service.calls
    };
    story.promise(
        stats.services.iter().all(adds_up),
        "in every row, attempts = ok + failed",
    );
}

fn row(service: &ServiceStats) -> [String; 12] {
    [
        service.service.to_string(),
        service.kind.to_string(),
        service.calls.to_string(),
        service.attempts.to_string(),
        service.retries.to_string(),
        service.successes.to_string(),
        service.failures.total().to_string(),
        service.timeouts.to_string(),
        service.rejections.total().to_string(),
        service.fallbacks.total().to_string(),
        service.circuit.state.to_string(),
        service.circuit.opened.to_string(),
    ]
}

/// Words to the left, numbers to the right.
fn print(rows: &[[String; 12]]) {
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    println!();
    for row in rows {
        print!(" ");
        for (column, cell) in row.iter().enumerate() {
            let width = width(column);
            match column {
                0 | 1 | 10 => print!(" {cell:<width$} "),
                _ => print!(" {cell:>width$} "),
            }
        }
        println!();
    }
}
