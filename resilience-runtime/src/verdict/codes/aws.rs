//! What an error code of an AWS service means.

use crate::verdict::{ErrorCode, Reason, Verdict};

/// Each code, with what to do about it. The code decides and never the HTTP status: throttling comes as
/// 400, and so does a missing resource.
const CODES: &[(Meaning, &[&str])] = &[
    // What the AWS SDK itself takes for throttling.
    (
        Meaning::Throttled,
        &[
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "LimitExceededException",
            "PriorRequestNotComplete",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
            "TransactionInProgressException",
        ],
    ),
    // Bedrock has not loaded it yet.
    (Meaning::NotReady, &["ModelNotReadyException"]),
    // Lost against another writer, nothing was written.
    (
        Meaning::Contention,
        &[
            "ConcurrentModificationException",
            "ConditionalRequestConflict",
            "OperationAborted",
            "OptimisticLockException",
            "ReplicatedWriteConflictException",
            "TransactionConflictException",
        ],
    ),
    (
        Meaning::OutcomeUnknown,
        &[
            "EC2UnexpectedException",
            "InternalError",
            "InternalFailure",
            "InternalServerError",
            "InternalServerException",
            "InternalServiceError",
            "InternalServiceErrorException",
            "InternalServiceException",
            "KMSInternalException",
            "ServerException",
            "ServiceException",
            // A load balancer of the service may have lost the server that executed it.
            "ServiceUnavailable",
            "ServiceUnavailableError",
            "ServiceUnavailableException",
        ],
    ),
    // Bedrock bills a model that took too long.
    (
        Meaning::TimedOut,
        &[
            "DependencyTimeoutException",
            "ModelTimeoutException",
            "RequestTimeout",
            "RequestTimeoutException",
        ],
    ),
    (
        Meaning::Denied,
        &[
            "AccessDenied",
            "AccessDeniedException",
            "AuthFailure",
            "AuthorizationError",
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "NotAuthorized",
            "NotAuthorizedException",
            "OptInRequired",
            "SignatureDoesNotMatch",
            "TokenRefreshRequired",
            "UnauthorizedException",
            "UnauthorizedOperation",
            "UnrecognizedClientException",
        ],
    ),
    (
        Meaning::NotFound,
        &[
            "AWS.SimpleQueueService.NonExistentQueue",
            "NoSuchBucket",
            "NoSuchEntity",
            "NoSuchKey",
            "NoSuchUpload",
            "NoSuchVersion",
            "NotFound",
            "NotFoundException",
            "ParameterNotFound",
            "ParameterVersionNotFound",
            "QueueDoesNotExist",
            "ResourceNotFound",
            "ResourceNotFoundException",
        ],
    ),
    (Meaning::Quota, &["ServiceQuotaExceededException"]),
    (
        Meaning::Permanent,
        &[
            "BadDigest",
            "BucketAlreadyExists",
            "BucketAlreadyOwnedByYou",
            "BucketNotEmpty",
            "ConditionalCheckFailedException",
            "ConflictException",
            "DecryptionFailure",
            "DeleteConflict",
            "DisabledException",
            "DuplicateItemException",
            "EncryptionFailure",
            "EntityAlreadyExists",
            "EntityTooLarge",
            "EntityTooSmall",
            "IdempotentParameterMismatchException",
            "InvalidArgument",
            "InvalidBucketName",
            "InvalidCiphertextException",
            "InvalidDigest",
            "InvalidMessageContents",
            "InvalidNextTokenException",
            "InvalidObjectState",
            "InvalidParameterException",
            "InvalidParameterValue",
            "InvalidPart",
            "InvalidPartOrder",
            "InvalidRange",
            "InvalidRequest",
            "InvalidRequestException",
            "ItemCollectionSizeLimitExceededException",
            "KMSInvalidStateException",
            "MalformedPolicyDocumentException",
            "MalformedXML",
            "MessageNotInflight",
            "MethodNotAllowed",
            "ModelErrorException",
            "NotModified",
            "PreconditionFailed",
            "PreconditionNotMetException",
            "PublicPolicyException",
            "QueueNameExists",
            "ReceiptHandleIsInvalid",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "ResourceExistsException",
            "ResourceInUseException",
            // Its reasons are in the error. One of them may be a conflict: look at them in a classifier.
            "TransactionCanceledException",
            "ValidationError",
            "ValidationException",
        ],
    ),
];

#[derive(Clone, Copy)]
enum Meaning {
    Throttled,
    NotReady,
    Contention,
    OutcomeUnknown,
    TimedOut,
    Denied,
    NotFound,
    Quota,
    Permanent,
}

impl Meaning {
    const fn verdict(self) -> Verdict {
        match self {
            Self::Throttled => Verdict::throttled(None),
            Self::NotReady => Verdict::transient(),
            Self::Contention => Verdict::transient().ignored_by_breaker(),
            Self::OutcomeUnknown => Verdict::outcome_unknown(),
            Self::TimedOut => Verdict::outcome_unknown().because(Reason::TimedOut),
            Self::Denied => Verdict::permanent().because(Reason::Denied),
            Self::NotFound => Verdict::permanent().because(Reason::NotFound),
            Self::Quota => Verdict::permanent()
                .ignored_by_breaker()
                .because(Reason::QuotaExhausted),
            Self::Permanent => Verdict::permanent(),
        }
    }
}

impl Verdict {
    /// Returns the verdict on an error code of an AWS service, e.g. of Secrets Manager, Bedrock or DynamoDB.
    ///
    /// Throttling codes are throttled, `InternalServiceError`, `ServiceUnavailable` and their like leave the outcome open,
    /// `AccessDenied…` is denied, `ResourceNotFoundException` not found, the request's own faults are
    /// permanent. An unlisted code is left to the kind.
    ///
    /// ```
    /// use resilience_runtime::Verdict;
    ///
    /// assert!(Verdict::from_aws_code("ThrottlingException").is_throttled());
    /// assert!(Verdict::from_aws_code("DecryptionFailure").is_permanent());
    /// ```
    pub fn from_aws_code(code: &str) -> Self {
        // Some protocols send `namespace#Code` or `Code:uri`.
        let code = code.rsplit('#').next().unwrap_or(code);
        let code = code.split(':').next().unwrap_or(code);
        for (meaning, codes) in CODES {
            if let Some(known) = codes.iter().find(|known| **known == code) {
                return meaning.verdict().with_code(ErrorCode::Name(known));
            }
        }
        Self::unclassified()
    }

    /// Returns the verdict on an error that a service's model names. An unlisted one concerns the request, unless its name says
    /// that the service failed.
    #[cfg(feature = "aws")]
    pub(crate) fn from_modelled_aws_code(code: &str) -> Self {
        let listed = Self::from_aws_code(code);
        let named = |parts: &[&str]| parts.iter().any(|part| code.contains(part));
        if !listed.is_unknown() {
            listed
        } else if named(&["Throttl", "TooManyRequests"]) {
            Self::throttled(None)
        } else if named(&["Internal", "ServiceFailure", "Timeout", "Unavailable"]) {
            Self::outcome_unknown()
        } else {
            Self::permanent()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_aws_code_classifies_each_code() {
        for (code, expected, reason) in [
            ("Throttling", Verdict::throttled(None), None),
            ("ThrottlingException", Verdict::throttled(None), None),
            ("ThrottledException", Verdict::throttled(None), None),
            ("RequestThrottledException", Verdict::throttled(None), None),
            ("TooManyRequestsException", Verdict::throttled(None), None),
            (
                "ProvisionedThroughputExceededException",
                Verdict::throttled(None),
                None,
            ),
            (
                "TransactionInProgressException",
                Verdict::throttled(None),
                None,
            ),
            ("RequestLimitExceeded", Verdict::throttled(None), None),
            ("BandwidthLimitExceeded", Verdict::throttled(None), None),
            ("LimitExceededException", Verdict::throttled(None), None),
            ("RequestThrottled", Verdict::throttled(None), None),
            ("SlowDown", Verdict::throttled(None), None),
            ("PriorRequestNotComplete", Verdict::throttled(None), None),
            ("EC2ThrottledException", Verdict::throttled(None), None),
            ("ServiceUnavailable", Verdict::outcome_unknown(), None),
            ("ModelNotReadyException", Verdict::transient(), None),
            ("PreconditionFailed", Verdict::permanent(), None),
            ("TransactionCanceledException", Verdict::permanent(), None),
            ("InvalidRange", Verdict::permanent(), None),
            ("BucketNotEmpty", Verdict::permanent(), None),
            ("ReceiptHandleIsInvalid", Verdict::permanent(), None),
            (
                "TransactionConflictException",
                Verdict::transient().ignored_by_breaker(),
                None,
            ),
            ("InternalServiceError", Verdict::outcome_unknown(), None),
            ("InternalFailure", Verdict::outcome_unknown(), None),
            (
                "RequestTimeout",
                Verdict::outcome_unknown(),
                Some(Reason::TimedOut),
            ),
            (
                "ModelTimeoutException",
                Verdict::outcome_unknown(),
                Some(Reason::TimedOut),
            ),
            // Of Lambda and ECS.
            ("ServiceException", Verdict::outcome_unknown(), None),
            ("ServerException", Verdict::outcome_unknown(), None),
            ("DecryptionFailure", Verdict::permanent(), None),
            ("InvalidRequestException", Verdict::permanent(), None),
            ("AccessDenied", Verdict::permanent(), Some(Reason::Denied)),
            (
                "AccessDeniedException",
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                "ExpiredTokenException",
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                "ResourceNotFoundException",
                Verdict::permanent(),
                Some(Reason::NotFound),
            ),
            (
                "ServiceQuotaExceededException",
                Verdict::permanent().ignored_by_breaker(),
                Some(Reason::QuotaExhausted),
            ),
            ("SomethingNew", Verdict::unclassified(), None),
            ("", Verdict::unclassified(), None),
        ] {
            let verdict = Verdict::from_aws_code(code);
            assert_eq!(verdict, expected, "{code}");
            assert_eq!(verdict.reason(), reason, "{code}");
        }
    }

    #[test]
    fn unknown_code_is_not_kept() {
        let kept = Verdict::from_aws_code("ThrottlingException").code();
        assert_eq!(kept, Some(ErrorCode::Name("ThrottlingException")));
        assert_eq!(Verdict::from_aws_code("hunter2").code(), None);
    }

    #[test]
    fn from_aws_code_ignores_the_namespace() {
        for code in [
            "com.amazonaws.kms#ThrottlingException",
            "ThrottlingException:http://internal.amazon.com/coral/",
        ] {
            assert!(Verdict::from_aws_code(code).is_throttled(), "{code}");
        }
    }

    #[test]
    fn codes_are_unique() {
        let mut all: Vec<_> = CODES.iter().flat_map(|(_, codes)| *codes).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
