//! The first bytes of what an error shows, where only that tells the code.

use std::fmt::{self, Display, Write};

/// The first whole characters of `shown` that fit into `length` bytes. The rest is not even held.
pub(crate) fn beginning(shown: &dyn Display, length: usize) -> String {
    let mut text = Bounded {
        text: String::new(),
        length,
    };
    // It ends with an error once it has enough.
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
    fn it_ends_at_a_whole_character() {
        assert_eq!(beginning(&"short", 15), "short");
        assert_eq!(beginning(&format_args!("{}{}", "ab", "cd"), 3), "abc");
        assert_eq!(beginning(&"aä", 2), "a");
        assert_eq!(beginning(&"x", 0), "");
    }
}
