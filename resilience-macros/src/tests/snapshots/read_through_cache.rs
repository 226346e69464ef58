async fn read(&self, name: &str) -> Result<Secret, VaultError> {
    self.send(name).await
}
::core::compile_error! {
    "the key does not mention `self`, so that two instances of the type would answer one another's calls; put what tells them apart into the key, such as `key = (self.id, …)`, or write `across_instances` if their answers are the same"
}
