use limbeck::Model;

#[derive(Model)]
#[model(tabel = "posts", index(colums(id)))]
struct Post {
    #[model(primary_key, identity(allways), frobnicate)]
    id: i64,
    #[model(lenght = 200, uniqe)]
    title: String,
    #[model(references(Post, on_delte = cascade))]
    parent_id: i64,
}

fn main() {
    // The stub keeps everything else quiet.
    let _ = Post::model();
}
