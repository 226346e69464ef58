//! Where an expression mentions a name.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Arm, Block, Expr, ExprCall, ExprClosure, ExprForLoop, ExprIf, ExprLet, ExprLit, ExprPath,
    ExprWhile,
};
use syn::{Item, Lit, Local, Macro, Pat, PatGuard, PatIdent, Token, Type};

use super::used_idents::captures;

/// Returns where the expression first mentions the name as a value: not as a field or a method, and not where it binds
/// the name itself.
pub(crate) fn mention(expr: &Expr, name: &Ident) -> Option<Span> {
    let mut mentions = Mentions {
        name: name.unraw().to_string(),
        hidden: 0,
        found: None,
    };
    // The expression stays as it is: this is the one visitor that syn has here.
    mentions.visit_expr_mut(&mut expr.clone());
    mentions.found
}

struct Mentions {
    name: String,
    /// How many bindings of the same name are in scope.
    hidden: usize,
    found: Option<Span>,
}

impl Mentions {
    fn is_name(&self, ident: &Ident) -> bool {
        ident.unraw() == self.name
    }

    fn is_path_of_name(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Path(path) if path.qself.is_none() && path.path.get_ident().is_some_and(|ident| self.is_name(ident)))
    }

    fn found_at(&mut self, place: Span) {
        if self.hidden == 0 {
            self.found.get_or_insert(place);
        }
    }

    /// What a pattern binds hides the name until the scope ends.
    fn bind(&mut self, pattern: &Pat) {
        struct Binds<'a>(&'a Mentions, bool);
        impl VisitMut for Binds<'_> {
            fn visit_pat_ident_mut(&mut self, ident: &mut PatIdent) {
                self.1 |= self.0.is_name(&ident.ident);
                visit_mut::visit_pat_ident_mut(self, ident);
            }
            fn visit_expr_mut(&mut self, _: &mut Expr) {}
        }
        let mut binds = Binds(self, false);
        binds.visit_pat_mut(&mut pattern.clone());
        self.hidden += usize::from(binds.1);
    }

    fn scope(&mut self, inside: impl FnOnce(&mut Self)) {
        let before = self.hidden;
        inside(self);
        self.hidden = before;
    }

    /// Tokens that are no expressions. What follows a `.` is a field or a method.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut dots = 0;
        for token in tokens {
            match &token {
                TokenTree::Ident(ident) if dots != 1 && self.is_name(ident) => {
                    self.found_at(ident.span());
                }
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Literal(literal) => self.text(&literal.to_string(), literal.span()),
                _ => {}
            }
            let is_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
            dots = if is_dot { dots + 1 } else { 0 };
        }
    }

    /// `"{name}"`
    fn text(&mut self, text: &str, place: Span) {
        if captures(text, &self.name) {
            self.found_at(place);
        }
    }
}

impl VisitMut for Mentions {
    fn visit_expr_path_mut(&mut self, path: &mut ExprPath) {
        if let (None, Some(ident)) = (&path.qself, path.path.get_ident())
            && self.is_name(ident)
        {
            self.found_at(ident.span());
        }
    }

    fn visit_expr_call_mut(&mut self, call: &mut ExprCall) {
        // A function of that name.
        if !self.is_path_of_name(&call.func) {
            self.visit_expr_mut(&mut call.func);
        }
        call.args.iter_mut().for_each(|it| self.visit_expr_mut(it));
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut ExprClosure) {
        self.scope(|this| {
            closure.inputs.iter().for_each(|input| this.bind(input));
            this.visit_expr_mut(&mut closure.body);
        });
    }

    fn visit_arm_mut(&mut self, arm: &mut Arm) {
        self.scope(|this| {
            this.bind(&arm.pat);
            if let Pat::Guard(PatGuard { guard, .. }) = &mut arm.pat {
                this.visit_expr_mut(guard);
            }
            this.visit_expr_mut(&mut arm.body);
        });
    }

    fn visit_expr_if_mut(&mut self, branch: &mut ExprIf) {
        self.scope(|this| {
            this.visit_expr_mut(&mut branch.cond);
            this.visit_block_mut(&mut branch.then_branch);
        });
        if let Some((_, otherwise)) = &mut branch.else_branch {
            self.visit_expr_mut(otherwise);
        }
    }

    fn visit_expr_while_mut(&mut self, repeat: &mut ExprWhile) {
        self.scope(|this| {
            this.visit_expr_mut(&mut repeat.cond);
            this.visit_block_mut(&mut repeat.body);
        });
    }

    fn visit_expr_for_loop_mut(&mut self, repeat: &mut ExprForLoop) {
        self.visit_expr_mut(&mut repeat.expr);
        self.scope(|this| {
            this.bind(&repeat.pat);
            this.visit_block_mut(&mut repeat.body);
        });
    }

    fn visit_expr_let_mut(&mut self, condition: &mut ExprLet) {
        self.visit_expr_mut(&mut condition.expr);
        self.bind(&condition.pat);
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        self.scope(|this| visit_mut::visit_block_mut(this, block));
    }

    fn visit_local_mut(&mut self, local: &mut Local) {
        if let Some(init) = &mut local.init {
            self.visit_expr_mut(&mut init.expr);
            if let Some((_, diverge)) = &mut init.diverge {
                self.visit_expr_mut(diverge);
            }
        }
        self.bind(&local.pat);
    }

    fn visit_macro_mut(&mut self, of: &mut Macro) {
        let list = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(of.tokens.clone());
        let Ok(list) = list else {
            return self.tokens(of.tokens.clone());
        };
        // `format!("{name}", name = …)` does not capture it.
        let is_given =
            |it: &Expr| matches!(it, Expr::Assign(assign) if self.is_path_of_name(&assign.left));
        let captures = !list.iter().any(is_given);
        for mut expr in list {
            match &mut expr {
                Expr::Assign(assign) if self.is_path_of_name(&assign.left) => {
                    self.visit_expr_mut(&mut assign.right);
                }
                Expr::Lit(ExprLit {
                    lit: Lit::Str(text),
                    ..
                }) if captures => self.text(&text.token().to_string(), text.span()),
                expr => self.visit_expr_mut(expr),
            }
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Verbatim(tokens) => self.tokens(tokens.clone()),
            expr => visit_mut::visit_expr_mut(self, expr),
        }
    }

    // None of these can use a variable that is not their own.
    fn visit_item_mut(&mut self, _: &mut Item) {}
    fn visit_pat_mut(&mut self, _: &mut Pat) {}
    fn visit_type_mut(&mut self, _: &mut Type) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    fn mentions(expr: Expr) -> bool {
        mention(&expr, &parse_quote!(to)).is_some()
    }

    #[test]
    fn values_of_that_name_are_mentions() {
        for expr in [
            parse_quote!(to),
            parse_quote!(&to.name),
            parse_quote!((user, to.name())),
            parse_quote!(r#to),
            parse_quote!(Mail { to }),
            parse_quote!(Mail { to: to }),
            parse_quote!(words.map(|word| word.len() + to.len())),
            parse_quote!(words.map(|to| to.len()).sum(to)),
            parse_quote!({
                let to = to.name;
                to
            }),
            parse_quote!(if let Some(to) = to { to } else { 1 }),
            parse_quote!(match word {
                to => 1,
                _ if to.name => 2,
            }),
            parse_quote!(format!("{to}")),
            parse_quote!(format!("{to:?} {word}")),
            parse_quote!(format!("{}", to.name)),
            parse_quote!(format!("{word}", word = to)),
            parse_quote!(vec![to; 2]),
            parse_quote!(0..to),
            parse_quote!(select! { x in to => 1 }),
            parse_quote!(select! { 0..to => 1 }),
        ] {
            assert!(mentions(expr));
        }
    }

    #[test]
    fn fields_methods_and_bindings_of_that_name_are_none() {
        for expr in [
            parse_quote!(mail.to),
            parse_quote!(mail.to.name),
            parse_quote!(mail.to()),
            parse_quote!(to(word)),
            parse_quote!(to::NAME),
            parse_quote!(Mail { to: word }),
            parse_quote!(words.map(|to| to.len())),
            parse_quote!(words.map(|(_, Mail { to, .. })| to)),
            parse_quote!({
                let to = word;
                to
            }),
            parse_quote!({
                fn to(to: u8) -> u8 {
                    to
                }
                1
            }),
            parse_quote!(if let Some(to) = word
                && to > 1
            {
                to
            } else {
                1
            }),
            parse_quote!(if let Mail { to: other } = word {
                other
            }),
            parse_quote!(match word {
                Some(to) if to > 1 => to,
                _ => 2,
            }),
            parse_quote!({
                for to in words {
                    push(to)
                }
            }),
            parse_quote!({
                while let Some(to) = next() {
                    push(to)
                }
            }),
            parse_quote!({
                let Some(to) = word else { return 1 };
                to
            }),
            parse_quote!(format!("{}", mail.to)),
            parse_quote!(format!("{total} to")),
            parse_quote!(format!("{to}", to = word)),
            parse_quote!("{to}"),
            parse_quote!(select! { x in mail.to => 1 }),
        ] {
            let text = quote::quote!(#expr).to_string();
            assert!(!mentions(expr), "{text}");
        }
    }
}
