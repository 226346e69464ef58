//! stub
use std::sync::Arc; use crate::{config::*, clock::Moment, timer::NoTimer, name::ServiceName};
#[derive(Debug)] pub struct Bulkhead; #[derive(Debug)] pub struct BulkheadPermit;
pub(crate) enum EnterError { TimedOut, NoTimer(NoTimer) }
impl Bulkhead { pub fn new(_: ServiceName, _: BulkheadConfig)->Result<Self,ConfigError>{Ok(Self)}
 pub fn in_flight(&self)->usize{0} pub(crate) fn try_enter(&self)->bool{true} pub(crate) fn leave(&self){}
 pub(crate) fn reconfigure(&self,_:BulkheadConfig)->Result<(),ConfigError>{Ok(())}
 pub(crate) fn enter_by(self: Arc<Self>, _:Moment)->impl Future<Output=Result<(),EnterError>>+Send+'static { async move { let _=self; Err(EnterError::TimedOut) } } }
