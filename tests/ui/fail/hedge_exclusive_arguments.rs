//! Two attempts cannot share what only one may change.

use std::io;
use std::pin::Pin;

use resilience_runtime::llm_resilient;

struct Client(u8);

impl Client {
    #[llm_resilient(hedge(delay = "1s"))]
    async fn exclusive(&mut self) -> io::Result<u8> {
        self.0 += 1;
        Ok(self.0)
    }

    #[llm_resilient(hedge(delay = "1s"))]
    async fn typed(self: &mut Self) -> io::Result<u8> {
        self.0 += 1;
        Ok(self.0)
    }

    #[llm_resilient(hedge(delay = "1s"))]
    async fn changed(mut self) -> io::Result<u8> {
        self.0 += 1;
        Ok(self.0)
    }

    #[llm_resilient(hedge(delay = "1s"))]
    async fn pinned(mut self: Pin<&mut Self>) -> io::Result<u8> {
        self.0 += 1;
        Ok(self.0)
    }
}

#[llm_resilient(borrow(list), hedge(delay = "1s"))]
async fn lent(mut list: Vec<u8>) -> io::Result<usize> {
    list.push(1);
    Ok(list.len())
}

#[llm_resilient(hedge(delay = "1s"))]
async fn buffer(prompt: &str, out: &mut Vec<u8>) -> io::Result<usize> {
    out.extend(prompt.as_bytes());
    Ok(out.len())
}

#[llm_resilient(hedge(delay = "1s"))]
async fn in_a_pattern((first, second): (&mut u8, u8)) -> io::Result<u8> {
    *first += second;
    Ok(*first)
}

fn main() {}
