async fn load(&self, tenant: Tenant, id: u64) -> Result<Row> {
    self.query(tenant, id).await
}
::core::compile_error! {
    "must be longer than zero"
}
