//! Every receiver, borrowed and owned.
#![deny(warnings)]

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use resilience_runtime::{llm_resilient, resilient};

#[derive(Clone)]
struct Client {
    calls: u32,
    name: String,
}

impl Client {
    #[llm_resilient]
    async fn by_reference(&self, prompt: &str) -> io::Result<String> {
        Ok(format!("{} {prompt}", self.name))
    }

    #[llm_resilient]
    async fn returns_a_part(&self) -> io::Result<&str> {
        Ok(&self.name)
    }

    #[llm_resilient]
    async fn exclusive(&mut self, by: u32) -> io::Result<u32> {
        self.calls += by;
        Ok(self.calls)
    }

    #[llm_resilient]
    async fn exclusive_with_owned(
        &mut self,
        prompt: String,
        mut parts: Vec<String>,
    ) -> io::Result<usize> {
        parts.push(prompt);
        self.calls += 1;
        Ok(parts.len())
    }

    #[llm_resilient]
    async fn own_names_do_not_clash(
        &mut self,
        call: String,
        attempt: String,
    ) -> io::Result<String> {
        self.calls += 1;
        Ok(call + &attempt)
    }

    #[llm_resilient]
    async fn by_value(self, prompt: String) -> io::Result<String> {
        Ok(self.name.clone() + &prompt)
    }

    #[llm_resilient(retry = off)]
    async fn by_value_used_up(self) -> io::Result<String> {
        Ok(self.name)
    }

    #[llm_resilient(retry = off)]
    async fn by_mutable_value(mut self) -> io::Result<String> {
        self.name.push('!');
        Ok(self.name)
    }

    #[llm_resilient]
    async fn shared(self: Arc<Self>, prompt: &str) -> io::Result<String> {
        Ok(self.name.clone() + prompt)
    }

    #[llm_resilient]
    async fn shared_by_reference(self: &Arc<Self>) -> io::Result<Arc<Self>> {
        Ok(Arc::clone(self))
    }

    #[llm_resilient]
    async fn pinned(self: Pin<&mut Self>) -> io::Result<u32> {
        Ok(self.calls)
    }

    #[resilient(service = "billing", retry = off)]
    async fn exclusive_once(&mut self) -> io::Result<&mut String> {
        Ok(&mut self.name)
    }
}

#[tokio::main]
async fn main() {
    let mut client = Client {
        calls: 0,
        name: "n".to_owned(),
    };
    assert_eq!(client.by_reference("p").await.unwrap(), "n p");
    assert_eq!(client.returns_a_part().await.unwrap(), "n");
    assert_eq!(client.exclusive(2).await.unwrap(), 2);
    assert_eq!(
        client
            .exclusive_with_owned(String::new(), Vec::new())
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        client
            .own_names_do_not_clash("c".to_owned(), "a".to_owned())
            .await
            .unwrap(),
        "ca"
    );
    client.calls -= 1;
    assert_eq!(client.clone().by_value("p".to_owned()).await.unwrap(), "np");
    assert_eq!(client.clone().by_value_used_up().await.unwrap(), "n");
    assert_eq!(client.clone().by_mutable_value().await.unwrap(), "n!");
    assert_eq!(Arc::new(client.clone()).shared("p").await.unwrap(), "np");
    assert_eq!(
        Arc::new(client.clone())
            .shared_by_reference()
            .await
            .unwrap()
            .calls,
        3
    );
    assert_eq!(Pin::new(&mut client).pinned().await.unwrap(), 3);
    client.exclusive_once().await.unwrap().push('x');
    assert_eq!(client.name, "nx");
}
