//! Where strings, comments and statements begin and end: all that is known of SQL text here.

/// The tokens of a text that count for its meaning, in order.
pub fn significant(sql: &str) -> impl Iterator<Item = &str> {
    sql.split_whitespace()
}
