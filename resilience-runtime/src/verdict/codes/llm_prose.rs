//! What language models and their gateways say only in prose.
//!
//! Prose is not read, with these exceptions: some servers have no code for a prompt that is too large, or for an account that is
//! used up, and always the same sentence. The whole beginning of the message has to be that sentence, so that a message which
//! talks about such an error is not taken for one. `#` stands for a number, and `$` for the end, perhaps after a full stop.

/// The prompt is larger than the model's context, with status 400 or 413.
///
/// The sources: the providers' own error answers, as their users report them, and the servers' code
/// (vLLM `renderers/params.py` and `v1/engine/processor.py`, litellm `exceptions.py`).
const CONTEXT_TOO_LARGE: &[(&str, &[&str])] = &[
    (
        "Anthropic, also on Bedrock and Vertex",
        &[
            "prompt is too long: # tokens > # maximum",
            "input length and `max_tokens` exceed context limit: # + # > #",
        ],
    ),
    (
        "Google",
        &[
            "The input token count (#) exceeds the maximum number of tokens allowed",
            "The input token count exceeds the maximum number of tokens allowed",
            "Unable to submit request because the input token count is # but the model only supports up to #",
        ],
    ),
    (
        "OpenAI and those that speak like it, vLLM among them",
        &[
            "This model's maximum context length is # tokens",
            "Your input exceeds the context window of this model.",
        ],
    ),
    (
        "vLLM",
        &[
            "The decoder prompt (length #) is longer than the maximum model length of #",
            "The prompt (total length #) is too long to fit into the model (context length #)",
            "You passed # input tokens and requested # output tokens. However, the model's context length is only # tokens",
            "You passed # input characters and requested # output tokens. However, the model's context length is only # tokens",
            "You passed # input characters. However, the model's context length is only # tokens",
        ],
    ),
    (
        "OpenRouter",
        &["This endpoint's maximum context length is # tokens"],
    ),
    (
        "Bedrock",
        &[
            "Input is too long for requested model$",
            "The model returned the following errors: Input is too long for requested model$",
            "The model returned the following errors: prompt is too long: # tokens > # maximum",
            "The model returned the following errors: input length and `max_tokens` exceed context limit: # + # > #",
        ],
    ),
    (
        "xAI",
        &["This model's maximum prompt length is # but the request contains # tokens"],
    ),
    (
        "Mistral",
        &[
            "Prompt contains # tokens, too large for model with # maximum context length",
            "Prompt contains # tokens and # draft tokens, too large for model with # maximum context length",
        ],
    ),
    ("litellm", &["litellm.ContextWindowExceededError:"]),
];

/// The account is used up, whatever the status and the names are.
const QUOTA_EXHAUSTED: &[(&str, &[&str])] = &[
    ("Anthropic", &["Your credit balance is too low to access"]),
    (
        "litellm",
        &[
            "Budget has been exceeded! ",
            "No deployments available - crossed budget",
            "litellm.BudgetExceededError:",
            "litellm.RateLimitError: RateLimitError: OpenAIException - You exceeded your current quota, please check your plan \
             and billing details. For more information on this error, read the docs: https://platform.openai.com/",
        ],
    ),
];

/// Whether the message says that the prompt exceeds the model's context.
pub(crate) fn is_context_too_large(message: &str) -> bool {
    begins_with_one_of(CONTEXT_TOO_LARGE, message)
}

/// Whether the message says that the account is used up.
pub(super) fn is_quota_exhausted(message: &str) -> bool {
    begins_with_one_of(QUOTA_EXHAUSTED, message)
}

fn begins_with_one_of(table: &[(&str, &[&str])], message: &str) -> bool {
    let mut phrases = table.iter().flat_map(|(_, phrases)| *phrases);
    phrases.any(|phrase| begins_with(message, phrase))
}

/// Whether `message` begins with `phrase`, in which each `#` stands for digits, perhaps with commas between them.
fn begins_with(message: &str, phrase: &str) -> bool {
    if let Some(whole) = phrase.strip_suffix('$') {
        return message.strip_suffix('.').unwrap_or(message) == whole;
    }
    let mut rest = message;
    let mut parts = phrase.split('#');
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else {
        return false;
    };
    rest = after;
    for part in parts {
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != ',')
            .unwrap_or(rest.len());
        if !rest[..end].bytes().any(|b| b.is_ascii_digit()) {
            return false;
        }
        let Some(after) = rest[end..].strip_prefix(part) else {
            return false;
        };
        rest = after;
    }
    true
}
