fn main() {
    let _ = limbeck::bundle!(no_migrations, pth = "migrations", models = Post);
    let _ = limbeck::bundle!(no_migrations, path = "migrations");
    let _ = limbeck::bundle!();
    let _ = limbeck::bundle!(path = "no/such/folder");
}
