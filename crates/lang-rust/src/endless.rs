//! Functions that never return: a loop without an end stands in them, and nothing leaves it.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::fingerprint::is_list_macro;

/// Whether a block that was entered is never left, but by a panic or the end of the process.
///
/// What can't be told, as where a macro of the program's stands in the loop, is taken for a loop that ends.
pub(crate) fn is_endless(block: &syn::Block) -> bool {
    block.stmts.iter().any(|statement| match statement {
        syn::Stmt::Expr(syn::Expr::Loop(found), _) => !leaves(found.label.as_ref(), &found.body),
        syn::Stmt::Expr(syn::Expr::While(found), _) if is_true(&found.cond) => {
            !leaves(found.label.as_ref(), &found.body)
        }
        _ => false,
    })
}

fn is_true(condition: &syn::Expr) -> bool {
    matches!(condition, syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Bool(value), .. }) if value.value)
}

fn leaves(label: Option<&syn::Label>, body: &syn::Block) -> bool {
    let mut exits =
        Exits { label: label.map(|label| label.name.ident.to_string()), inner: 0, has_some: false };
    exits.visit_block(body);
    exits.has_some
}

/// What leaves a loop.
struct Exits {
    label: Option<String>,
    /// Loops inside around what is being read.
    inner: usize,
    has_some: bool,
}

impl Exits {
    fn inside(&mut self, visit: impl FnOnce(&mut Self)) {
        self.inner += 1;
        visit(self);
        self.inner -= 1;
    }
}

impl<'ast> Visit<'ast> for Exits {
    fn visit_expr_break(&mut self, found: &'ast syn::ExprBreak) {
        self.has_some |= match &found.label {
            None => self.inner == 0,
            // A label of a loop or block inside leads no further than that; any other one leads out.
            Some(label) => self.label.as_deref().is_none_or(|own| label.ident == own),
        };
        visit::visit_expr_break(self, found);
    }

    fn visit_expr_return(&mut self, _: &'ast syn::ExprReturn) {
        self.has_some = true;
    }

    fn visit_expr_try(&mut self, _: &'ast syn::ExprTry) {
        self.has_some = true;
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        let is_known = called.path.segments.last().is_some_and(|name| is_list_macro(&name.ident.to_string()));
        self.has_some |= !is_known || may_leave(&called.tokens);
    }

    fn visit_expr_loop(&mut self, found: &'ast syn::ExprLoop) {
        self.inside(|exits| visit::visit_expr_loop(exits, found));
    }

    fn visit_expr_while(&mut self, found: &'ast syn::ExprWhile) {
        self.inside(|exits| visit::visit_expr_while(exits, found));
    }

    fn visit_expr_for_loop(&mut self, found: &'ast syn::ExprForLoop) {
        self.inside(|exits| visit::visit_expr_for_loop(exits, found));
    }

    // What leaves these leaves nothing else.
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}

    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Whether the arguments of a macro may leave what is around it.
fn may_leave(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == "break" || word == "return",
        TokenTree::Punct(sign) => sign.as_char() == '?',
        TokenTree::Group(group) => may_leave(&group.stream()),
        TokenTree::Literal(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::is_endless;

    #[test]
    fn a_loop_is_endless_where_nothing_leaves_it() {
        for body in [
            "let mut world = World::new(); loop { step(&mut world); }",
            "while true { step() }",
            "loop { for x in all() { if x == 1 { break; } } println!(\"{}\", 1); }",
            "'a: loop { while wait() { continue 'a; } }",
            "loop { all.retain(|x| { return *x > 1 }); exit(1) }",
            "if bad() { return; } loop {}",
        ] {
            assert!(is_endless(&syn::parse_str(&format!("{{ {body} }}")).expect("a block")), "{body}");
        }
    }

    #[test]
    fn a_loop_that_may_be_left_is_not() {
        for body in [
            "loop { if done() { break; } }",
            "'a: loop { loop { break 'a; } }",
            "loop { next()?; }",
            "loop { match next() { Some(x) => x, None => return } }",
            "loop { println!(\"{}\", next()?); }",
            "loop { select! { _ = stop() => {} } }",
            "while running() { step() }",
            "for x in all() { step(x) }",
            "if server() { loop { serve() } }",
            "let handle = || loop { serve() }; handle.start()",
            "step()",
        ] {
            assert!(!is_endless(&syn::parse_str(&format!("{{ {body} }}")).expect("a block")), "{body}");
        }
    }
}
