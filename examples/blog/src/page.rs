//! The one page.

use crate::statements::Listed;

/// What is published, as HTML.
pub fn front(posts: &[Listed]) -> String {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Blog</title>\n\
         <h1>Blog</h1>\n",
    );
    if posts.is_empty() {
        page.push_str("<p>Nothing is published yet.</p>\n");
    }
    for Listed {
        post,
        author,
        up,
        down,
    } in posts
    {
        page.push_str(&format!(
            "<article>\n<h2>{}</h2>\n<p>{}</p>\n<footer>{}, {}: {up} for it, {down} against it</footer>\n\
             </article>\n",
            escape(&post.title),
            escape(&post.body),
            escape(author),
            post.created_at.date_naive(),
        ));
    }
    page.push_str("</html>\n");
    page
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn what_users_write_is_no_html() {
        assert_eq!(
            escape("<b onclick='x'>\"&\"</b>"),
            "&lt;b onclick=&#39;x&#39;&gt;&quot;&amp;&quot;&lt;/b&gt;"
        );
    }
}
