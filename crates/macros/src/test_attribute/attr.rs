//! The options of `#[limbeck::test]` and what the function takes, as they are typed.

use proc_macro2::TokenStream;
use syn::punctuated::Punctuated;
use syn::{Expr, FnArg, ItemFn, LitStr, Path, Token, Type, parse_quote};

use crate::mistakes::Mistakes;
use crate::options::Options;

/// What a test is to have.
pub(super) struct Test {
    pub(super) migrator: Option<Expr>,
    pub(super) models: bool,
    pub(super) schema: bool,
    pub(super) rollback: bool,
    pub(super) fixtures: Vec<LitStr>,
    pub(super) seed: Option<Path>,
    pub(super) ready: Option<usize>,
    pub(super) krate: Option<Path>,
    pub(super) arguments: Vec<Argument>,
    pub(super) should_panic: bool,
}

/// Something that a test can be given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Argument {
    /// `&mut PgConnection`
    Connection,
    /// `&mut AsyncPgConnection`
    AsyncConnection,
    /// `&TestDatabase`
    Database,
    /// `TestDatabase`
    OwnDatabase,
}

const WANTED: &str = "a test takes `&mut PgConnection` (`&mut AsyncPgConnection` where it is an \
                      `async fn`), `&TestDatabase` or `TestDatabase`";

/// Reads them.
pub(super) fn read(options: TokenStream, function: &ItemFn, mistakes: &Mistakes) -> Test {
    let mut options = Options::of_tokens(options, mistakes);
    let (models, schema, rollback) = (
        options.flag("models"),
        options.flag("schema"),
        options.flag("rollback"),
    );
    let test = Test {
        migrator: options.one("migrator").and_then(|item| {
            item.parse(
                mistakes,
                "blog::migrator()",
                <Expr as syn::parse::Parse>::parse,
            )
        }),
        models: models.is_some(),
        schema: schema.is_some(),
        rollback: rollback.is_some(),
        fixtures: options
            .one("fixtures")
            .map(|item| fixtures(&item, mistakes))
            .unwrap_or_default(),
        seed: options.path("seed"),
        ready: options.integer("ready").map(|(ready, _)| ready),
        krate: options.path("crate"),
        arguments: arguments(function, mistakes),
        should_panic: function
            .attrs
            .iter()
            .any(|attribute| attribute.path().is_ident("should_panic")),
    };
    if let (Some(_), Some(span)) = (schema, rollback) {
        mistakes.on(span, "`schema` and `rollback` exclude each other");
    }
    options.finish();
    test
}

fn fixtures(item: &crate::options::Item, mistakes: &Mistakes) -> Vec<LitStr> {
    let Some(list) = item.list(mistakes) else {
        return Vec::new();
    };
    let parser = Punctuated::<LitStr, Token![,]>::parse_terminated;
    match syn::parse::Parser::parse2(parser, list) {
        Ok(files) => files.into_iter().collect(),
        Err(error) => {
            mistakes.on(
                error.span(),
                "a fixture is the path of a file, seen from this one: `fixtures(\"users.sql\")`",
            );
            Vec::new()
        }
    }
}

fn arguments(function: &ItemFn, mistakes: &Mistakes) -> Vec<Argument> {
    let signature = &function.sig;
    for attribute in &function.attrs {
        if attribute.path().is_ident("test") {
            mistakes.at(
                attribute,
                "`#[limbeck::test]` makes it a test already: leave `#[test]` out",
            );
        }
    }
    if !signature.generics.params.is_empty() {
        mistakes.at(&signature.generics, "a test has no generic parameters");
    }
    if signature.inputs.is_empty() {
        mistakes.at(
            &signature.ident,
            format_args!(
                "this test takes nothing: {WANTED}; one that needs no database is a `#[test]`"
            ),
        );
    }
    let mut found = Vec::new();
    for input in &signature.inputs {
        match input {
            FnArg::Receiver(receiver) => mistakes.at(receiver, WANTED),
            FnArg::Typed(typed) => match argument(&typed.ty) {
                None => mistakes.at(&typed.ty, WANTED),
                Some(Argument::AsyncConnection) if signature.asyncness.is_none() => {
                    mistakes.at(&typed.ty, "an asynchronous connection wants an `async fn`");
                }
                Some(Argument::Connection) if signature.asyncness.is_some() => mistakes.at(
                    &typed.ty,
                    "in an `async fn`, a `PgConnection` would block the runtime: take an \
                     `&mut AsyncPgConnection`",
                ),
                Some(argument)
                    if argument.is_connection()
                        && found.iter().any(|it: &Argument| it.is_connection()) =>
                {
                    mistakes.at(
                        &typed.ty,
                        "a test is given one connection: take `&TestDatabase` too, and open others by \
                         its `connection()`",
                    );
                }
                Some(argument) => found.push(argument),
            },
        }
    }
    found
}

/// What a type asks for, by its spelling.
fn argument(ty: &Type) -> Option<Argument> {
    let (by_reference, is_mutable, ty) = match ty {
        Type::Reference(reference) => (true, reference.mutability.is_some(), &*reference.elem),
        other => (false, false, other),
    };
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    match (last.ident.to_string().as_str(), by_reference, is_mutable) {
        ("PgConnection", true, true) => Some(Argument::Connection),
        ("AsyncPgConnection", true, true) => Some(Argument::AsyncConnection),
        ("TestDatabase", true, false) => Some(Argument::Database),
        ("TestDatabase", false, false) => Some(Argument::OwnDatabase),
        _ => None,
    }
}

impl Argument {
    pub(super) fn is_connection(self) -> bool {
        matches!(self, Self::Connection | Self::AsyncConnection)
    }
}

impl Test {
    /// Where the crate `limbeck` is found.
    pub(super) fn krate(&self) -> Path {
        self.krate
            .clone()
            .unwrap_or_else(|| parse_quote!(::limbeck))
    }
}
