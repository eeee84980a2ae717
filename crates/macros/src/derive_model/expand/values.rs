//! The values of `limbeck_core::schema::model` that hold nothing but texts, as code.

use limbeck_core::schema::model::{
    ModelCheck, ModelExclude, ModelIdentity, ModelIndex, ModelIndexElement, ModelIndexKey, ModelKey,
};
use limbeck_core::schema::object::{Action, Deferrable, IdentityMode, NullsOrder, SortOrder};
use proc_macro2::TokenStream;
use quote::quote;

use crate::tokens::{boolean, option, text, texts};

pub(super) fn identity(identity: &ModelIdentity, private: &TokenStream) -> TokenStream {
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

pub(super) fn key(key: &ModelKey, private: &TokenStream) -> TokenStream {
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
    let deferrable = deferrable_of(*deferrable, private);
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

pub(super) fn check(check: &ModelCheck, private: &TokenStream) -> TokenStream {
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

pub(super) fn exclude(exclude: &ModelExclude, private: &TokenStream) -> TokenStream {
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
        let element = element_of(element, private);
        let operator = text(operator);
        quote!((#element, #operator))
    });
    let predicate = option(predicate.as_deref(), text);
    let deferrable = deferrable_of(*deferrable, private);
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

pub(super) fn index(index: &ModelIndex, private: &TokenStream) -> TokenStream {
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
    let elements = elements.iter().map(|element| element_of(element, private));
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

fn element_of(element: &ModelIndexElement, private: &TokenStream) -> TokenStream {
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

pub(super) fn deferrable_of(deferrable: Deferrable, private: &TokenStream) -> TokenStream {
    let deferrable = match deferrable {
        Deferrable::NotDeferrable => quote!(NotDeferrable),
        Deferrable::Immediate => quote!(Immediate),
        Deferrable::Deferred => quote!(Deferred),
    };
    quote!(#private::object::Deferrable::#deferrable)
}

pub(super) fn action_of(action: Action, private: &TokenStream) -> TokenStream {
    let action = match action {
        Action::NoAction => quote!(NoAction),
        Action::Restrict => quote!(Restrict),
        Action::Cascade => quote!(Cascade),
        Action::SetNull => quote!(SetNull),
        Action::SetDefault => quote!(SetDefault),
    };
    quote!(#private::object::Action::#action)
}
