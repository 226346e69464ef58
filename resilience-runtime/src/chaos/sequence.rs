//! Reproducible random numbers. The generator of a crate may change between versions, and then a test could fail that
//! passed with its seed.

/// The random sequence of one fault (SplitMix64).
#[derive(Debug)]
pub(super) struct Sequence(u64);

impl Sequence {
    /// The sequence of the `nth` fault that is injected into a service.
    pub(super) fn new(seed: u64, service: &str, nth: u64) -> Self {
        let mut sequence = Self(seed);
        // Mixed after each part, so that sequences of similar inputs are not correlated.
        for part in [fnv1a(service), nth] {
            sequence = Self(sequence.next() ^ part);
        }
        sequence
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Returns a number from 0 up to, not including, 1.
    pub(super) fn unit(&mut self) -> f64 {
        // An `f64` has 53 bits of precision.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Hashes a text. The hash of the standard library may change between versions.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(seed: u64, service: &str, nth: u64) -> [u64; 4] {
        let mut sequence = Sequence::new(seed, service, nth);
        std::array::from_fn(|_| sequence.next())
    }

    #[test]
    fn sequence_matches_splitmix64() {
        let mut sequence = Sequence(1_234_567);
        assert_eq!(sequence.next(), 6_457_827_717_110_365_317);
        assert_eq!(sequence.next(), 3_203_168_211_198_807_973);
        assert_eq!(fnv1a("a"), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn sequence_depends_on_seed_service_and_number() {
        let sequence = first(42, "llm", 0);
        assert_eq!(sequence, first(42, "llm", 0));
        for other in [
            first(43, "llm", 0),
            first(42, "llm2", 0),
            first(42, "llm", 1),
        ] {
            assert!(sequence.iter().all(|number| !other.contains(number)));
        }
    }

    #[test]
    fn unit_is_uniform_between_zero_and_one() {
        let mut sequence = Sequence::new(0, "", 0);
        let mut tenths = [0_u32; 10];
        for _ in 0..10_000 {
            let unit = sequence.unit();
            assert!((0.0..1.0).contains(&unit));
            tenths[(unit * 10.0) as usize] += 1;
        }
        assert!(
            tenths.iter().all(|count| (900..1_100).contains(count)),
            "{tenths:?}"
        );
    }
}
