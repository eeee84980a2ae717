//! Tables, and the renaming that all relations share.

use limbeck_core::schema::object::table::{Persistence, RowSecurity};
use limbeck_core::schema::object::{Column, Expression, Foreign, Partition, Table};
use limbeck_core::schema::operation::Operation;
use limbeck_core::{Ident, Object, ObjectId, QualifiedName};

use super::{Piece, Scene, column, constraint, foreign, heirs, heritage, index};
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
        partitioned,
        foreign,
    } = table;
    let naming = scene.naming();
    let ties = ties(parts);
    let parents: Vec<QualifiedName> = ties.iter().map(|tie| tie.parent.clone()).collect();
    let comes_from_parent = |part: &Ident, object: &Object| {
        heirs::comes_from_parent(name, part, object, scene.now, &parents)
    };
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
                if let ObjectId::Column { table, name } = id {
                    objects.push(id.clone());
                    let of_table = (table, name);
                    let inherited = inherited(name, &parents, scene);
                    // One that parents are at odds about, or that is computed otherwise, is spelt out.
                    match inherited.filter(|from| from.generated == column.generated) {
                        Some(from) => settings.extend(column::alter(id, &from, column, scene)),
                        None => {
                            columns.push(column::definition_in(
                                of_table,
                                column,
                                foreign.is_some(),
                                naming,
                            ));
                            settings.extend(column::settings(id, None, column, scene));
                        }
                    }
                }
            }
            Operation::Create {
                id,
                object: Object::Constraint(constraint),
            } => {
                if let ObjectId::Constraint { table: _, name } = id {
                    let object = Object::Constraint(constraint.clone());
                    if !comes_from_parent(name, &object) {
                        constraints.push(constraint::definition(name, constraint, naming));
                        settings.extend(constraint::index_comment(id, None, constraint, naming));
                    }
                    objects.push(id.clone());
                }
            }
            Operation::Create {
                id,
                object: Object::Partition(_) | Object::Inheritance(_),
            } => objects.push(id.clone()),
            Operation::Create { .. }
            | Operation::Drop { .. }
            | Operation::Alter { .. }
            | Operation::Rename { .. } => {}
        }
    }
    columns.extend(constraints);
    let bounds = ties
        .iter()
        .find_map(|tie| tie.bounds.map(|bounds| (&tie.parent, bounds)));
    let body = if columns.is_empty() && bounds.is_some() {
        String::new()
    } else if columns.is_empty() {
        "()".to_owned()
    } else {
        format!("(\n    {}\n)", columns.join(",\n    "))
    };
    let mut clauses = String::new();
    let mut head = String::new();
    if let Some((parent, bounds)) = bounds {
        head = format!("PARTITION OF {} ", naming.qualified(parent));
        let space = if body.is_empty() { "" } else { " " };
        clauses.push_str(&format!("{space}{}", naming.expression(bounds)));
    } else if !parents.is_empty() {
        let parents: Vec<String> = parents
            .iter()
            .map(|parent| naming.qualified(parent).to_string())
            .collect();
        clauses.push_str(&format!(" INHERITS ({})", parents.join(", ")));
    }
    if let Some(key) = partitioned {
        clauses.push_str(&format!(" {}", heritage::key(key, naming)));
    }
    if let Some(Foreign { server, options }) = foreign {
        let options = foreign::options(options);
        clauses.push_str(&format!(" SERVER {}{options}", ident(server)));
    }
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
            "CREATE {unlogged}{} {} {head}{body}{clauses}",
            word(table),
            naming.qualified(name)
        ),
        format!(
            "create {} {}",
            word(table).to_lowercase(),
            naming.shown(name)
        ),
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
pub(super) fn drop(id: &ObjectId, table: &Table, naming: &Naming) -> Vec<Piece> {
    let ObjectId::Table(name) = id else {
        return Vec::new();
    };
    vec![Piece::statement(
        id,
        format!("DROP {} {}", word(table), naming.qualified(name)),
        format!("drop {} {}", word(table).to_lowercase(), naming.shown(name)),
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
        partitioned: _,
        foreign,
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
    if let (Some(from), Some(to)) = (&from.foreign, foreign)
        && let Some(changes) = foreign::changes(&from.options, &to.options)
    {
        let reason = format!("change the options of foreign table {shown}");
        pieces.push(Piece::action(id, name, changes, reason));
    }
    pieces
}

fn word(table: &Table) -> &'static str {
    if table.foreign.is_some() {
        "FOREIGN TABLE"
    } else {
        "TABLE"
    }
}

/// What a new table is tied to from the beginning.
struct Tie<'a> {
    parent: QualifiedName,
    /// Of a partition.
    bounds: Option<&'a Expression>,
}

fn ties<'a>(parts: &[&'a Operation]) -> Vec<Tie<'a>> {
    let ties = parts.iter().filter_map(|part| match part {
        Operation::Create {
            id: _,
            object: Object::Partition(Partition { parent, bounds }),
        } => Some(Tie {
            parent: parent.clone(),
            bounds: Some(bounds),
        }),
        Operation::Create {
            id: ObjectId::Inheritance { table: _, parent },
            object: _,
        } => Some(Tie {
            parent: parent.clone(),
            bounds: None,
        }),
        _ => None,
    });
    ties.collect()
}

/// What a new table has of a column from its parents, where they are of one mind.
fn inherited(name: &Ident, parents: &[QualifiedName], scene: &Scene<'_>) -> Option<Column> {
    let mut found = parents.iter().filter_map(|parent| {
        let id = ObjectId::Column {
            table: parent.clone(),
            name: name.clone(),
        };
        match scene.now.get(&id) {
            Some(Object::Column(column)) => Some(heirs::inherited(parent, name, column)),
            _ => None,
        }
    });
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
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
