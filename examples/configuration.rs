//! Where a value comes from: a file, the environment, the attribute; and how it is changed while the
//! program runs. `cargo run --example configuration`

use std::error::Error;
use std::io;
use std::time::Duration;

use resilience_runtime::{
    Registry, ResilienceError, ServiceKind, ServiceSettings, Settings, config::FunctionConfig,
    llm_resilient,
};

/// What the programmer thought right.
#[llm_resilient(
    service = "openai",
    retry(max_attempts = 5, base_delay = "100ms"),
    timeout = "10s"
)]
async fn complete(prompt: &str) -> io::Result<String> {
    Ok(format!("you said “{prompt}”"))
}

/// What the operator wrote. What names the service beats the attribute; what names its kind is a default
/// beneath it.
const FILE: &str = r#"
    [kinds.llm]
    deadline = "90s"
    timeout = "60s"

    [services.openai]
    timeout = "20s"

    [services.openai.circuit_breaker]
    failure_threshold = 10
    recovery_timeout = 30
"#;

/// What is set where it runs. A program reads it with `Settings::from_env()`.
const VARIABLES: [(&str, &str); 2] = [
    ("RETRY_OPENAI_MAX_ATTEMPTS", "2"),
    ("RETRY_LLM_BASE_DELAY", "2s"),
];

fn running() -> Result<FunctionConfig, ResilienceError> {
    let openai = Registry::global().service("openai", ServiceKind::Llm)?;
    let functions = openai.config().functions;
    Ok(functions.into_iter().next().expect("it has been called"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let registry = Registry::global();
    registry.configure(toml::from_str(FILE)?)?;
    registry.configure(Settings::from_vars(VARIABLES)?)?;
    complete("hello").await?;

    let config = running()?;
    let retry = config.retry.as_ref().expect("retries are on");
    println!("what runs for `{}`", config.function);
    println!(
        "  max_attempts {:>6}   the service's variable",
        retry.max_attempts
    );
    println!(
        "  timeout      {:>6?}   the file, for the service",
        config.timeout.unwrap()
    );
    println!("  base_delay   {:>6?}   the attribute", retry.base_delay);
    println!(
        "  deadline     {:>6?}   the file, for the kind",
        config.deadline.unwrap()
    );
    println!(
        "  multiplier   {:>6?}   the kind's preset",
        retry.multiplier
    );
    assert_eq!(retry.max_attempts, 2);
    assert_eq!(config.timeout, Some(Duration::from_secs(20)));
    assert_eq!(retry.base_delay, Duration::from_millis(100));
    assert_eq!(config.deadline, Some(Duration::from_secs(90)));

    let circuit = registry
        .service("openai", ServiceKind::Llm)?
        .config()
        .circuit;
    assert_eq!(circuit.failure_threshold, Some(10));
    assert_eq!(circuit.recovery_timeout, Duration::from_secs(30));
    assert_eq!(circuit.success_threshold, 3, "of the preset");

    // Live: the next call runs with it, and what it does not mention stays.
    registry.configure(Settings::new().service(
        "openai",
        ServiceSettings::default().timeout(Duration::from_secs(3)),
    ))?;
    complete("hello again").await?;
    let config = running()?;
    println!("changed while it runs");
    println!("  timeout      {:>6?}", config.timeout.unwrap());
    assert_eq!(config.timeout, Some(Duration::from_secs(3)));
    assert_eq!(config.retry.map(|retry| retry.max_attempts), Some(2));

    // A mistake never becomes a default: all of them are named at once.
    let refused =
        Settings::from_vars([("RETRY_LLM_MAX_ATTEMPTS", "many"), ("TIMEOUT_LLM", "soon")])
            .unwrap_err();
    println!("refused\n  {refused}");
    assert_eq!(refused.problems().len(), 2);

    // And what means nothing is told the nearest thing that does.
    let settings = Settings::from_vars([("CIRCUIT_LLM_FAILURE_TRESHOLD", "3")])?;
    for warning in settings.warnings() {
        println!("warned\n  {warning}");
    }
    assert_eq!(
        settings.warnings()[0].nearest(),
        "CIRCUIT_LLM_FAILURE_THRESHOLD"
    );
    Ok(())
}
