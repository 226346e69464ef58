//! The first bytes of an error's `Display` output, for errors whose code appears nowhere else.

use std::fmt::{self, Display, Write};

/// Returns the first whole characters of `shown` that fit into `length` bytes. The rest is never stored.
pub(crate) fn display_prefix(shown: &dyn Display, length: usize) -> String {
    let mut text = Bounded {
        text: String::new(),
        length,
    };
    // `Bounded` returns an error at the limit, which stops the formatting.
    let _ = write!(text, "{shown}");
    text.text
}

struct Bounded {
    text: String,
    length: usize,
}

impl Write for Bounded {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        for char in more.chars() {
            if self.text.len() + char.len_utf8() > self.length {
                return Err(fmt::Error);
            }
            self.text.push(char);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_prefix_ends_at_a_whole_character() {
        assert_eq!(display_prefix(&"short", 15), "short");
        assert_eq!(display_prefix(&format_args!("{}{}", "ab", "cd"), 3), "abc");
        assert_eq!(display_prefix(&"aä", 2), "a");
        assert_eq!(display_prefix(&"x", 0), "");
    }
}
