//! Functions in `macro_rules!` with names, types, values and bodies from outside.
#![deny(warnings)]

use std::io;

use resilience_runtime::resilient;

macro_rules! client {
    ($name:ident($arg:ident: $ty:ty) -> $output:ty, $service:literal, $attempts:expr, $limit:expr, $body:block) => {
        #[resilient(service = $service, retry(max_attempts = $attempts), timeout = $limit, fallback(value = $arg.clone()))]
        async fn $name($arg: $ty) -> io::Result<$output> $body
    };
}

client!(ask(prompt: String) -> String, "a", 3, "2s", {
    let extra = prompt.len();
    Ok(format!("{prompt}{extra}"))
});
client!(again(prompt: String) -> String, "b", 1, 0.5, { Ok(prompt) });

macro_rules! whole {
    ($($item:tt)*) => {
        #[resilient(service = "w")]
        $($item)*
    };
}

whole! {
    async fn inside(n: u8) -> io::Result<u8> {
        let n = n + 1;
        Ok(n)
    }
}

#[tokio::main]
async fn main() {
    assert_eq!(ask("p".to_owned()).await.unwrap(), "p1");
    assert_eq!(again("p".to_owned()).await.unwrap(), "p");
    assert_eq!(inside(1).await.unwrap(), 2);
}
