//! A checked model as code. Cannot fail.

use limbeck_core::schema::model::{
    ModelCheck, ModelExclude, ModelIdentity, ModelIndex, ModelIndexElement, ModelIndexKey, ModelKey,
};
use limbeck_core::schema::object::{
    Action, Deferrable, IdentityMode, MatchType, NullsOrder, SortOrder,
};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::attr::Target;
use super::diesel::{DieselColumn, DieselTable};
use super::model::{Column, ColumnType, ForeignKey, Model, Nullable, module_ident};
use crate::tokens::{boolean, location, option, text, texts};

/// The impl, the registration, and what Diesel is told.
pub(super) fn expand(model: &Model) -> TokenStream {
    let private = private(model);
    let body = body(model, &private);
    let implementation = implementation(model, &private, &body);
    let registration = registration(model, &private);
    let assertions = key_assertions(model, &private);
    let table = model
        .diesel
        .as_ref()
        .map(|table| diesel_table(model, table));
    let loads = model
        .diesel
        .as_ref()
        .map(|table| load_assertions(model, table));
    quote! {
        #implementation
        #registration
        #assertions
        #table
        #loads
    }
}

/// What stands in for a model with mistakes, so that they are all that is reported.
pub(super) fn stub(model: &Model) -> TokenStream {
    let private = private(model);
    let body = quote!(::core::unreachable!());
    let implementation = implementation(model, &private, &body);
    let table = model
        .diesel
        .as_ref()
        .filter(|table| !table.columns.is_empty() && model.primary_key.is_some())
        .map(|table| diesel_table(model, table));
    quote!(#implementation #table)
}

fn private(model: &Model) -> TokenStream {
    let krate = &model.krate;
    quote!(#krate::__private)
}

fn implementation(model: &Model, private: &TokenStream, body: &TokenStream) -> TokenStream {
    let Model {
        ident,
        schema,
        table,
        primary_key,
        ..
    } = model;
    let schema = option(schema.as_deref(), |schema| quote!(#schema));
    let key: &[String] = primary_key.as_ref().map_or(&[], |key| &key.columns);
    quote! {
        #[automatically_derived]
        impl #private::model::Model for #ident {
            const TABLE: &'static str = #table;
            const SCHEMA: ::core::option::Option<&'static str> = #schema;
            const PRIMARY_KEY: &'static [&'static str] = &[#(#key),*];

            fn model() -> #private::model::ModelTable {
                #body
            }
        }
    }
}

fn body(model: &Model, private: &TokenStream) -> TokenStream {
    let Model {
        ident,
        krate: _,
        register: _,
        diesel: _,
        schema,
        table,
        renamed_from,
        unlogged,
        comment,
        columns,
        primary_key,
        uniques,
        foreign_keys,
        checks,
        excludes,
        indexes,
    } = model;
    let rust_name = format!("::{ident}");
    let location = location(private, ident.span());
    let schema = option(schema.as_deref(), text);
    let renamed_from = option(renamed_from.as_deref(), text);
    let comment = option(comment.as_deref(), text);
    let persistence = option(
        unlogged.then_some(()),
        |()| quote!(#private::object::table::Persistence::Unlogged),
    );
    let columns = columns.iter().map(|column| column_tokens(column, private));
    let primary_key = option(primary_key.as_ref(), |key| key_tokens(key, private));
    let uniques = uniques.iter().map(|key| key_tokens(key, private));
    let foreign_keys = foreign_keys
        .iter()
        .map(|key| foreign_key_tokens(key, private));
    let checks = checks.iter().map(|check| check_tokens(check, private));
    let excludes = excludes
        .iter()
        .map(|exclude| exclude_tokens(exclude, private));
    let indexes = indexes.iter().map(|index| index_tokens(index, private));
    let table = text(table);
    quote! {
        #private::model::ModelTable {
            rust_name: ::std::string::String::from(
                ::core::concat!(::core::module_path!(), #rust_name)
            ),
            location: #location,
            schema: #schema,
            table: #table,
            renamed_from: #renamed_from,
            persistence: #persistence,
            comment: #comment,
            columns: ::std::vec![#(#columns),*],
            primary_key: #primary_key,
            uniques: ::std::vec![#(#uniques),*],
            foreign_keys: ::std::vec![#(#foreign_keys),*],
            checks: ::std::vec![#(#checks),*],
            excludes: ::std::vec![#(#excludes),*],
            indexes: ::std::vec![#(#indexes),*],
        }
    }
}

fn column_tokens(column: &Column, private: &TokenStream) -> TokenStream {
    let Column {
        name,
        ty,
        sql_type,
        nullable,
        renamed_from,
        default,
        identity,
        generated,
        collation,
        comment,
    } = column;
    let name = text(name);
    let sql_type = match sql_type {
        ColumnType::Asked(ty) => {
            quote_spanned!(ty.span()=> <#ty as #private::model::PgType>::sql_type())
        }
        ColumnType::Said(sql) => {
            let sql = text(sql);
            quote!(#private::model::ModelType::Sql(#sql))
        }
    };
    let nullable = match nullable {
        Nullable::Known(nullable) => boolean(*nullable),
        Nullable::Asked => quote_spanned!(ty.span()=> <#ty as #private::model::PgType>::NULLABLE),
    };
    let renamed_from = option(renamed_from.as_deref(), text);
    let default = option(default.as_deref(), text);
    let identity = option(identity.as_ref(), |identity| {
        identity_tokens(identity, private)
    });
    let generated = option(generated.as_deref(), text);
    let collation = option(collation.as_deref(), text);
    let comment = option(comment.as_deref(), text);
    quote! {
        #private::model::ModelColumn {
            name: #name,
            renamed_from: #renamed_from,
            sql_type: #sql_type,
            nullable: #nullable,
            default: #default,
            identity: #identity,
            generated: #generated,
            collation: #collation,
            comment: #comment,
        }
    }
}

fn identity_tokens(identity: &ModelIdentity, private: &TokenStream) -> TokenStream {
    let ModelIdentity {
        mode,
        start,
        increment,
        min,
        max,
        cache,
        cycle,
    } = identity;
    let mode = match mode {
        IdentityMode::Always => quote!(Always),
        IdentityMode::ByDefault => quote!(ByDefault),
    };
    let [start, increment, min, max, cache] =
        [start, increment, min, max, cache].map(|number| option(*number, |n| quote!(#n)));
    let cycle = option(*cycle, boolean);
    quote! {
        #private::model::ModelIdentity {
            mode: #private::object::IdentityMode::#mode,
            start: #start,
            increment: #increment,
            min: #min,
            max: #max,
            cache: #cache,
            cycle: #cycle,
        }
    }
}

fn key_tokens(key: &ModelKey, private: &TokenStream) -> TokenStream {
    let ModelKey {
        name,
        columns,
        include,
        nulls_not_distinct,
        deferrable,
    } = key;
    let name = option(name.as_deref(), text);
    let columns = texts(columns);
    let include = texts(include);
    let deferrable = deferrable_tokens(*deferrable, private);
    quote! {
        #private::model::ModelKey {
            name: #name,
            columns: #columns,
            include: #include,
            nulls_not_distinct: #nulls_not_distinct,
            deferrable: #deferrable,
        }
    }
}

fn foreign_key_tokens(key: &ForeignKey, private: &TokenStream) -> TokenStream {
    let ForeignKey {
        name,
        columns,
        target,
        referenced,
        match_type,
        on_update,
        on_delete,
        on_delete_columns,
        deferrable,
        not_valid,
    } = key;
    let name = option(name.as_deref(), text);
    let columns = texts(columns);
    let (schema, table, referenced) = match target {
        Target::Model(path) => {
            let model = quote_spanned!(path.span()=> <#path as #private::model::Model>);
            let referenced = if referenced.is_empty() {
                quote!(#private::texts(#model::PRIMARY_KEY))
            } else {
                texts(referenced)
            };
            (
                quote!(#model::SCHEMA.map(::std::string::String::from)),
                quote!(::std::string::String::from(#model::TABLE)),
                referenced,
            )
        }
        Target::Table { schema, table } => (
            option(schema.as_deref(), text),
            text(table),
            texts(referenced),
        ),
    };
    let match_type = match match_type {
        MatchType::Simple => quote!(Simple),
        MatchType::Full => quote!(Full),
    };
    let on_update = action_tokens(*on_update, private);
    let on_delete = action_tokens(*on_delete, private);
    let on_delete_columns = texts(on_delete_columns);
    let deferrable = deferrable_tokens(*deferrable, private);
    quote! {
        #private::model::ModelForeignKey {
            name: #name,
            columns: #columns,
            references_schema: #schema,
            references: #table,
            referenced_columns: #referenced,
            match_type: #private::object::MatchType::#match_type,
            on_update: #on_update,
            on_delete: #on_delete,
            on_delete_columns: #on_delete_columns,
            deferrable: #deferrable,
            not_valid: #not_valid,
        }
    }
}

fn check_tokens(check: &ModelCheck, private: &TokenStream) -> TokenStream {
    let ModelCheck {
        name,
        column,
        expression,
        no_inherit,
        not_valid,
    } = check;
    let name = option(name.as_deref(), text);
    let column = option(column.as_deref(), text);
    let expression = text(expression);
    quote! {
        #private::model::ModelCheck {
            name: #name,
            column: #column,
            expression: #expression,
            no_inherit: #no_inherit,
            not_valid: #not_valid,
        }
    }
}

fn exclude_tokens(exclude: &ModelExclude, private: &TokenStream) -> TokenStream {
    let ModelExclude {
        name,
        method,
        elements,
        predicate,
        deferrable,
    } = exclude;
    let name = option(name.as_deref(), text);
    let method = text(method);
    let elements = elements.iter().map(|(element, operator)| {
        let element = element_tokens(element, private);
        let operator = text(operator);
        quote!((#element, #operator))
    });
    let predicate = option(predicate.as_deref(), text);
    let deferrable = deferrable_tokens(*deferrable, private);
    quote! {
        #private::model::ModelExclude {
            name: #name,
            method: #method,
            elements: ::std::vec![#(#elements),*],
            predicate: #predicate,
            deferrable: #deferrable,
        }
    }
}

fn index_tokens(index: &ModelIndex, private: &TokenStream) -> TokenStream {
    let ModelIndex {
        name,
        unique,
        method,
        elements,
        include,
        predicate,
        nulls_not_distinct,
        storage,
    } = index;
    let name = option(name.as_deref(), text);
    let method = text(method);
    let elements = elements
        .iter()
        .map(|element| element_tokens(element, private));
    let include = texts(include);
    let predicate = option(predicate.as_deref(), text);
    let storage = storage.iter().map(|(name, value)| {
        let (name, value) = (text(name), text(value));
        quote!((#name, #value))
    });
    quote! {
        #private::model::ModelIndex {
            name: #name,
            unique: #unique,
            method: #method,
            elements: ::std::vec![#(#elements),*],
            include: #include,
            predicate: #predicate,
            nulls_not_distinct: #nulls_not_distinct,
            storage: ::std::vec![#(#storage),*],
        }
    }
}

fn element_tokens(element: &ModelIndexElement, private: &TokenStream) -> TokenStream {
    let ModelIndexElement {
        key,
        collation,
        operator_class,
        order,
        nulls,
    } = element;
    let key = match key {
        ModelIndexKey::Column(name) => {
            let name = text(name);
            quote!(Column(#name))
        }
        ModelIndexKey::Expression(expression) => {
            let expression = text(expression);
            quote!(Expression(#expression))
        }
    };
    let collation = option(collation.as_deref(), text);
    let operator_class = option(operator_class.as_deref(), text);
    let order = match order {
        SortOrder::Ascending => quote!(Ascending),
        SortOrder::Descending => quote!(Descending),
    };
    let nulls = match nulls {
        NullsOrder::Default => quote!(Default),
        NullsOrder::Reversed => quote!(Reversed),
    };
    quote! {
        #private::model::ModelIndexElement {
            key: #private::model::ModelIndexKey::#key,
            collation: #collation,
            operator_class: #operator_class,
            order: #private::object::SortOrder::#order,
            nulls: #private::object::NullsOrder::#nulls,
        }
    }
}

fn deferrable_tokens(deferrable: Deferrable, private: &TokenStream) -> TokenStream {
    let deferrable = match deferrable {
        Deferrable::NotDeferrable => quote!(NotDeferrable),
        Deferrable::Immediate => quote!(Immediate),
        Deferrable::Deferred => quote!(Deferred),
    };
    quote!(#private::object::Deferrable::#deferrable)
}

fn action_tokens(action: Action, private: &TokenStream) -> TokenStream {
    let action = match action {
        Action::NoAction => quote!(NoAction),
        Action::Restrict => quote!(Restrict),
        Action::Cascade => quote!(Cascade),
        Action::SetNull => quote!(SetNull),
        Action::SetDefault => quote!(SetDefault),
    };
    quote!(#private::object::Action::#action)
}

fn registration(model: &Model, private: &TokenStream) -> Option<TokenStream> {
    let ident = &model.ident;
    model.register.then(|| {
        quote! {
            const _: () = {
                #private::inventory::submit! {
                    #private::Registered {
                        krate: ::core::env!("CARGO_PKG_NAME"),
                        model: <#ident as #private::model::Model>::model,
                    }
                }
            };
        }
    })
}

/// A reference to a model's primary key has as many columns as that has.
fn key_assertions(model: &Model, private: &TokenStream) -> TokenStream {
    let assertions = model.foreign_keys.iter().filter_map(|key| {
        let Target::Model(path) = &key.target else {
            return None;
        };
        if !key.referenced.is_empty() {
            return None;
        }
        let columns = key.columns.len();
        let shown = quote!(#path).to_string().replace(' ', "");
        let message = if columns == 1 {
            format!(
                "the primary key of `{shown}` is not one column; say which column is referred to: \
                 `references({shown}, column = …)`, or state a `foreign_key(…)` on the struct"
            )
        } else {
            format!(
                "the primary key of `{shown}` has not {columns} columns; say which columns are \
                 referred to: `referenced(…)`"
            )
        };
        Some(quote_spanned! {path.span()=>
            const _: () = ::core::assert!(
                <#path as #private::model::Model>::PRIMARY_KEY.len() == #columns,
                #message
            );
        })
    });
    quote!(#(#assertions)*)
}

fn diesel_table(model: &Model, table: &DieselTable) -> Option<TokenStream> {
    let span = model.ident.span();
    let module = module_ident(table.module.as_ref(), &model.table, span)?;
    let schema = model.schema.as_ref().and_then(|schema| {
        let schema: syn::Ident = syn::parse_str(schema).ok()?;
        Some(quote!(#schema.))
    });
    let doc = format!(
        "The table `{}` of the model `{}`.",
        model.table, model.ident
    );
    let sql_name = (module != model.table.as_str()).then(|| {
        let name = &model.table;
        quote!(#[sql_name = #name])
    });
    let mut imports: Vec<&TokenStream> = Vec::new();
    for import in table.columns.iter().flat_map(|column| &column.imports) {
        if !imports
            .iter()
            .any(|known| known.to_string() == import.to_string())
        {
            imports.push(import);
        }
    }
    let key = model.primary_key.as_ref()?.columns.iter().map(|name| {
        table
            .columns
            .iter()
            .find(|column| column.sql_name == *name)
            .map(|column| &column.ident)
    });
    let key: Vec<_> = key.collect::<Option<_>>()?;
    let columns = table.columns.iter().map(|column| {
        let DieselColumn {
            ident,
            sql_name,
            max_length,
            sql_type,
            imports: _,
            docs,
        } = column;
        let sql_name = (ident != sql_name.as_str()).then(|| quote!(#[sql_name = #sql_name]));
        let max_length = max_length.map(|length| {
            let length = proc_macro2::Literal::u32_unsuffixed(length);
            quote!(#[max_length = #length])
        });
        quote!(#(#docs)* #sql_name #max_length #ident -> #sql_type,)
    });
    Some(quote! {
        ::diesel::table! {
            #(#imports)*
            #[doc = #doc]
            #sql_name
            #schema #module (#(#key),*) {
                #(#columns)*
            }
        }
    })
}

/// Each field can be loaded from its column: ties the spelling of a type to what it is.
fn load_assertions(model: &Model, table: &DieselTable) -> Option<TokenStream> {
    let module = module_ident(table.module.as_ref(), &model.table, model.ident.span())?;
    let assertions = table
        .columns
        .iter()
        .zip(&model.columns)
        .map(|(diesel, column)| {
            let (ident, ty) = (&diesel.ident, &column.ty);
            let span = ty.span().resolved_at(Span::call_site());
            quote_spanned! {span=>
                loads::<<#module::columns::#ident as ::diesel::Expression>::SqlType, #ty>();
            }
        });
    Some(quote! {
        const _: fn() = || {
            fn loads<ST, T: ::diesel::deserialize::FromSqlRow<ST, ::diesel::pg::Pg>>() {}
            #(#assertions)*
        };
    })
}
