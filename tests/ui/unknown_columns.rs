use limbeck::Model;

#[derive(Model)]
#[model(primary_key(idd), unique(title, title))]
#[model(index(columns(autor_id desc), include(body)))]
#[model(foreign_key(columns(author_id), references(Post), referenced(id, title)))]
#[model(foreign_key(columns(author_id), references(Post), on_delete = set_null(id)))]
#[model(exclude(elements(author_id)))]
struct Post {
    id: i64,
    author_id: i64,
    title: String,
    #[model(column = "title")]
    subtitle: String,
}

fn main() {}
