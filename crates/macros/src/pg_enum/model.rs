//! An enum as it was checked: names resolved, and every rule over two facts.

use limbeck_core::schema::model::ModelEnumValue;
use quote::format_ident;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Generics, Ident, Path, parse_quote};

use super::attr::{self, ContainerOptions, DieselOption, ValueOptions};
use crate::case::{Case, snake};
use crate::mistakes::Mistakes;
use crate::sql_name::{check_name, text};

/// An enum that is a type.
pub(super) struct PgEnum {
    pub(super) ident: Ident,
    /// None but in a stub.
    pub(super) generics: Generics,
    /// The path of the crate `limbeck`.
    pub(super) krate: Path,
    /// Where Diesel is found; `None` without it.
    pub(super) diesel: Option<Path>,
    /// The name of Diesel's SQL type.
    pub(super) diesel_type: Ident,
    pub(super) name: String,
    pub(super) schema: Option<String>,
    pub(super) renamed_from: Option<String>,
    pub(super) comment: Option<String>,
    pub(super) values: Vec<Value>,
}

/// One of its values.
pub(super) struct Value {
    pub(super) ident: Ident,
    pub(super) value: ModelEnumValue,
}

/// Checks an enum and its options.
pub(super) fn check(
    input: &DeriveInput,
    container: ContainerOptions,
    mistakes: &Mistakes,
) -> PgEnum {
    let ContainerOptions {
        name,
        schema,
        renamed_from,
        comment,
        rename_all,
        diesel_type,
        diesel,
        krate,
    } = container;
    for name in [&name, &schema, &renamed_from].into_iter().flatten() {
        check_name(name, mistakes);
    }
    if !input.generics.params.is_empty() {
        mistakes.at(
            &input.generics,
            "an enum type has one set of values, so it cannot be generic; remove the parameters",
        );
    }
    let diesel = match diesel {
        None | Some(DieselOption::Wanted(true)) => Some(parse_quote!(::diesel)),
        Some(DieselOption::Wanted(false)) => None,
        Some(DieselOption::Path(path)) => Some(path),
    };
    if let (Some((_, span)), None) = (&diesel_type, &diesel) {
        mistakes.on(
            *span,
            "`diesel_type` names a type that `diesel = false` leaves out",
        );
    }
    let ident = &input.ident;
    PgEnum {
        ident: ident.clone(),
        generics: input.generics.clone(),
        krate: krate.unwrap_or_else(|| parse_quote!(::limbeck)),
        diesel,
        diesel_type: diesel_type.map_or_else(|| format_ident!("{ident}Type"), |(ident, _)| ident),
        name: name.map_or_else(|| snake(&ident.unraw().to_string()), |name| name.value()),
        schema: text(schema),
        renamed_from: text(renamed_from),
        comment: text(comment),
        values: values(input, rename_all.unwrap_or(Case::Snake), mistakes),
    }
}

fn values(input: &DeriveInput, case: Case, mistakes: &Mistakes) -> Vec<Value> {
    let Data::Enum(data) = &input.data else {
        mistakes.at(
            &input.ident,
            "only an enum can be an enum type; a table is made by `#[derive(Model)]`",
        );
        return Vec::new();
    };
    if data.variants.is_empty() {
        mistakes.at(&input.ident, "an enum type needs a value at least");
    }
    let mut values: Vec<Value> = Vec::new();
    for variant in &data.variants {
        let ValueOptions {
            value,
            renamed_from,
        } = attr::value(&variant.attrs, mistakes);
        if !matches!(variant.fields, Fields::Unit) {
            mistakes.at(
                &variant.fields,
                format_args!(
                    "the value `{}` cannot hold fields: Postgres keeps its name alone",
                    variant.ident
                ),
            );
        }
        // Unlike a name, a value may be empty.
        for name in [&value, &renamed_from].into_iter().flatten() {
            if !name.value().is_empty() {
                check_name(name, mistakes);
            }
        }
        let stated = value.is_some();
        let text_value = value.map_or_else(
            || case.of(&variant.ident.unraw().to_string()),
            |value| value.value(),
        );
        if !stated && text_value.len() > limbeck_core::name::MAX_NAME_BYTES {
            mistakes.at(
                &variant.ident,
                "Postgres keeps 63 bytes of a value; say a shorter #[pg_enum(value = \"…\")]",
            );
        }
        if let Some(same) = values.iter().find(|other| other.value.value == text_value) {
            mistakes.at(
                &variant.ident,
                format_args!(
                    "`{}` and `{}` are both `{text_value}`",
                    same.ident, variant.ident
                ),
            );
        }
        values.push(Value {
            ident: variant.ident.clone(),
            value: ModelEnumValue {
                value: text_value,
                renamed_from: text(renamed_from),
            },
        });
    }
    values
}
