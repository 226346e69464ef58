//! Answers by which a server asks for input before it goes on.

use std::any::Any;
use std::sync::Arc;

use ::rmcp::model::{
    CallToolResponse, GetPromptResponse, InputRequiredResult, ReadResourceResponse, ServerResult,
};

/// Whether a call's answer is no result yet: the server asks for input, and for the same call again with it.
pub(crate) fn is_input_required(answer: &dyn Any) -> bool {
    let asks = |asks: fn(&dyn Any) -> Option<bool>| asks(answer) == Some(true);
    asks(holds::<CallToolResponse>)
        || asks(holds::<GetPromptResponse>)
        || asks(holds::<ReadResourceResponse>)
        || asks(holds::<ServerResult>)
        || asks(holds::<InputRequiredResult>)
}

/// `None` if the answer is not of this type, nor one behind an `Arc`, a `Box` or in an `Option`.
fn holds<A: MayAskForInput + 'static>(answer: &dyn Any) -> Option<bool> {
    let held = answer
        .downcast_ref::<A>()
        .or_else(|| answer.downcast_ref::<Arc<A>>().map(|held| &**held))
        .or_else(|| answer.downcast_ref::<Box<A>>().map(|held| &**held))
        .or_else(|| answer.downcast_ref::<Option<A>>()?.as_ref());
    held.map(A::asks)
}

trait MayAskForInput {
    fn asks(&self) -> bool;
}

impl MayAskForInput for CallToolResponse {
    fn asks(&self) -> bool {
        matches!(self, Self::InputRequired(_))
    }
}

impl MayAskForInput for GetPromptResponse {
    fn asks(&self) -> bool {
        matches!(self, Self::InputRequired(_))
    }
}

impl MayAskForInput for ReadResourceResponse {
    fn asks(&self) -> bool {
        matches!(self, Self::InputRequired(_))
    }
}

impl MayAskForInput for ServerResult {
    fn asks(&self) -> bool {
        matches!(self, Self::InputRequiredResult(_))
    }
}

impl MayAskForInput for InputRequiredResult {
    fn asks(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use ::rmcp::model::{CallToolResult, EmptyResult};

    use super::*;

    #[test]
    fn is_input_required_knows_each_answer_that_may_ask() {
        let asks = || InputRequiredResult::new(None, Some("state".to_owned()));
        let call = CallToolResponse::InputRequired(asks());
        for answer in [
            &asks() as &dyn Any,
            &call,
            &GetPromptResponse::InputRequired(asks()),
            &ReadResourceResponse::InputRequired(asks()),
            &ServerResult::InputRequiredResult(asks()),
            &Arc::new(call.clone()),
            &Box::new(call.clone()),
            &Some(call.clone()),
        ] {
            assert!(is_input_required(answer));
        }
        let done = CallToolResponse::Complete(CallToolResult::success(vec![]));
        for answer in [
            &done as &dyn Any,
            &Arc::new(done.clone()),
            &None::<CallToolResponse>,
            &ServerResult::EmptyResult(EmptyResult {}),
            &CallToolResult::success(vec![]),
            &"input_required",
            &(),
        ] {
            assert!(!is_input_required(answer));
        }
    }
}
