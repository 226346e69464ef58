//! Random numbers from a seed (SplitMix64).

use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Above 0, at most 1.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        ((mixed >> 11) as f64 + 1.0) / (1_u64 << 53) as f64
    }

    /// The time until the next of independent events.
    pub fn exponential(&mut self, mean: Duration) -> Duration {
        mean.mul_f64(-self.share().ln())
    }

    /// A time whose logarithm is spread by `spread`.
    pub fn lognormal(&mut self, mean: Duration, spread: f64) -> Duration {
        let normal =
            (-2.0 * self.share().ln()).sqrt() * (2.0 * std::f64::consts::PI * self.share()).cos();
        mean.mul_f64((spread * normal - spread * spread / 2.0).exp())
    }
}
