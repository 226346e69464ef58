use resilience_runtime::{ResilienceError, resilient, service};

type Answer = Result<(), ResilienceError>;

#[resilient(service = "a", rate_limit(per_key))]
async fn no_key() -> Answer {
    Ok(())
}

#[resilient(service = "a", rate_limit(requests_per_minute = 9, per_key(requests_per_minute = 5)))]
async fn no_key_either() -> Answer {
    Ok(())
}

#[resilient(service = "a", rate_limit(key = tenant, per_key(key = tenant, requests_per_minute = 5)))]
async fn both(tenant: &str) -> Answer {
    Ok(())
}

#[resilient(service = "a", rate_limit(per_key(key = tenant, requests_per_minutes = 5, max_wait = "1s")))]
async fn misspelt(tenant: &str) -> Answer {
    Ok(())
}

#[resilient(service = "a", rate_limit(per_key(key = tenant, requests_per_minute = 0, tokens_per_day = 9)))]
async fn values(tenant: &str) -> Answer {
    Ok(())
}

#[resilient(service = "a", rate_limit(per_key = tenant))]
async fn no_list(tenant: &str) -> Answer {
    Ok(())
}

#[resilient(service = "a", rate_limit(per_key(key = tenant, key = tenant)))]
async fn twice(tenant: &str) -> Answer {
    Ok(())
}

service! {
    static DECLARED: Custom = "declared" {
        rate_limit(requests_per_minute = 9, per_key(key = tenant, requests_per_minute = 2)),
    }
}

service! {
    static LIMITED: Custom = "limited" {
        rate_limit(per_key(requests_per_minute = 2)),
    }
}

service! {
    static EMPTY: Custom = "empty" {
        rate_limit(requests_per_minute = 9, per_key(burst = 5)),
    }
}

service! {
    static KEYED: Custom = "keyed" {
        rate_limit(requests_per_minute = 9, keyed, per_key(requests_per_minute = 2)),
    }
}

#[resilient(service = LIMITED, rate_limit(per_key(key = tenant, requests_per_minute = 5)))]
async fn shared(tenant: &str) -> Answer {
    Ok(())
}

struct NoHash;

#[resilient(service = "a", rate_limit(per_key(key = tenant, requests_per_minute = 5)))]
async fn key_without_hash(tenant: &NoHash) -> Answer {
    Ok(())
}

fn main() {}
