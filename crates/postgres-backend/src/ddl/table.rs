//! Tables, and the renaming that all relations share.

use limbeck_core::schema::object::Table;
use limbeck_core::schema::object::table::{Persistence, RowSecurity};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId, QualifiedName};

use super::{Piece, Scene, column, constraint, index};
use crate::quote::{Naming, ident};

/// A table with the columns and constraints that were folded into it.
pub(super) fn create(create: &Operation, parts: &[&Operation], scene: &Scene<'_>) -> Vec<Piece> {
    let Operation::Create {
        id,
        object: Object::Table(table),
    } = create
    else {
        return Vec::new();
    };
    let ObjectId::Table(name) = id else {
        return Vec::new();
    };
    let Table {
        persistence,
        access_method,
        tablespace,
        storage,
        row_security: security,
    } = table;
    let naming = scene.naming();
    let unlogged = match persistence {
        Persistence::Logged => "",
        Persistence::Unlogged => "UNLOGGED ",
    };
    let mut objects = vec![id.clone()];
    let mut columns = Vec::new();
    let mut constraints = Vec::new();
    let mut settings = Vec::new();
    for part in parts {
        match part {
            Operation::Create {
                id,
                object: Object::Column(column),
            } => {
                if let ObjectId::Column { table: _, name } = id {
                    columns.push(column::definition(name, column, naming));
                    settings.extend(column::settings(id, None, column, scene));
                    objects.push(id.clone());
                }
            }
            Operation::Create {
                id,
                object: Object::Constraint(constraint),
            } => {
                if let ObjectId::Constraint { table: _, name } = id {
                    constraints.push(constraint::definition(name, constraint, naming));
                    objects.push(id.clone());
                }
            }
            Operation::Create { .. }
            | Operation::Drop { .. }
            | Operation::Alter { .. }
            | Operation::Rename { .. } => {}
        }
    }
    columns.extend(constraints);
    let body = if columns.is_empty() {
        "()".to_owned()
    } else {
        format!("(\n    {}\n)", columns.join(",\n    "))
    };
    let mut clauses = String::new();
    if let Some(method) = access_method {
        clauses.push_str(&format!(" USING {}", ident(method)));
    }
    if !storage.is_empty() {
        clauses.push_str(&format!(" WITH ({})", index::parameters(storage)));
    }
    if let Some(tablespace) = tablespace {
        clauses.push_str(&format!(" TABLESPACE {}", ident(tablespace)));
    }
    let mut piece = Piece::statement(
        id,
        format!(
            "CREATE {unlogged}TABLE {} {body}{clauses}",
            naming.qualified(name)
        ),
        format!("create table {}", naming.shown(name)),
    );
    *piece.objects_mut() = objects;
    let mut pieces = vec![piece];
    pieces.extend(settings);
    pieces.extend(row_security(
        id,
        name,
        RowSecurity::default(),
        *security,
        naming,
    ));
    pieces
}

fn row_security(
    id: &ObjectId,
    name: &QualifiedName,
    from: RowSecurity,
    to: RowSecurity,
    naming: &Naming,
) -> Vec<Piece> {
    let RowSecurity { enabled, forced } = to;
    let mut actions = Vec::new();
    if from.enabled != enabled {
        actions.push(if enabled { "ENABLE" } else { "DISABLE" });
    }
    if from.forced != forced {
        actions.push(if forced { "FORCE" } else { "NO FORCE" });
    }
    let shown = naming.shown(name);
    let action = |word: &str| {
        let reason = format!("{} row security of table {shown}", word.to_lowercase());
        Piece::action(id, name, format!("{word} ROW LEVEL SECURITY"), reason)
    };
    actions.into_iter().map(action).collect()
}

/// Without `CASCADE`: what Limbeck does not know keeps the table alive.
pub(super) fn drop(id: &ObjectId, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Table(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP TABLE {}", naming.qualified(name)),
        format!("drop table {}", naming.shown(name)),
    )]
}

pub(super) fn alter(id: &ObjectId, from: &Table, to: &Table, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Table(name) = id else {
        return Vec::new();
    };
    let Table {
        persistence,
        access_method,
        tablespace,
        storage,
        row_security: security,
    } = to;
    let shown = naming.shown(name);
    let mut pieces = Vec::new();
    let mut act = |action: String, reason: String| {
        let sql = format!("ALTER TABLE {} {action}", naming.qualified(name));
        pieces.push(Piece::statement(id, sql, reason));
    };
    if from.persistence != *persistence {
        let word = match persistence {
            Persistence::Logged => "LOGGED",
            Persistence::Unlogged => "UNLOGGED",
        };
        act(
            format!("SET {word}"),
            format!("make table {shown} {}", word.to_lowercase()),
        );
    }
    if from.access_method != *access_method {
        let method = access_method
            .as_ref()
            .map_or_else(|| "heap".to_owned(), |method| ident(method).to_string());
        act(
            format!("SET ACCESS METHOD {method}"),
            format!("set the access method of table {shown}"),
        );
    }
    if from.tablespace != *tablespace {
        act(
            format!("SET TABLESPACE {}", index::tablespace(tablespace.as_ref())),
            format!("set the tablespace of table {shown}"),
        );
    }
    for action in index::storage_changes(&from.storage, storage) {
        let reason = format!("change storage parameters of table {shown}");
        pieces.push(Piece::action(id, name, action, reason));
    }
    pieces.extend(row_security(id, name, from.row_security, *security, naming));
    pieces
}

pub(super) fn rename(from: &QualifiedName, to: &QualifiedName, scene: &Scene<'_>) -> Vec<Piece> {
    rename_relation("TABLE", ObjectId::Table, from, to, scene)
}

/// Gives a table, a sequence or a type another name, another schema, or both.
pub(super) fn rename_relation(
    word: &str,
    as_id: impl Fn(QualifiedName) -> ObjectId,
    from: &QualifiedName,
    to: &QualifiedName,
    scene: &Scene<'_>,
) -> Vec<Piece> {
    let naming = scene.naming();
    let quoted = |name: &QualifiedName| match as_id(name.clone()) {
        ObjectId::Enum(name)
        | ObjectId::Domain(name)
        | ObjectId::Composite(name)
        | ObjectId::Range(name)
        | ObjectId::Multirange(name) => naming.type_name(&name),
        _ => naming.qualified(name),
    };
    let to_id = as_id(to.clone());
    let kind = to_id.kind();
    let rename = |current: &QualifiedName| {
        Piece::statement(
            &to_id,
            format!(
                "ALTER {word} {} RENAME TO {}",
                quoted(current),
                ident(&to.name)
            ),
            format!("rename {kind} {} to {}", naming.shown(current), to.name),
        )
    };
    let set_schema = |current: &QualifiedName| {
        Piece::statement(
            &to_id,
            format!(
                "ALTER {word} {} SET SCHEMA {}",
                quoted(current),
                ident(&to.schema)
            ),
            format!(
                "move {kind} {} to schema {}",
                naming.shown(current),
                to.schema
            ),
        )
    };
    match (from.schema == to.schema, from.name == to.name) {
        (true, true) => Vec::new(),
        (true, false) => vec![rename(from)],
        (false, true) => vec![set_schema(from)],
        (false, false) => {
            // Two steps, and the name in between must be free.
            let renamed = QualifiedName::new(from.schema.clone(), to.name.clone());
            if scene.now.is_taken(&renamed) {
                let moved = QualifiedName::new(to.schema.clone(), from.name.clone());
                vec![set_schema(from), rename(&moved)]
            } else {
                vec![rename(from), set_schema(&renamed)]
            }
        }
    }
}

/// A table that was not folded: `Item::CreateTable` with nothing in it says the same.
pub(super) fn create_alone(id: &ObjectId, object: &Object, scene: &Scene<'_>) -> Vec<Piece> {
    create(
        &Operation::Create {
            id: id.clone(),
            object: object.clone(),
        },
        &[],
        scene,
    )
}
