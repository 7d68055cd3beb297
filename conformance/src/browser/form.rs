//! The first form of a page, read as simply as the pages of a launch are written.

use url::Url;

/// A form with its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    pub action: Url,
    /// Whether it posts; a GET form is only a link.
    pub posts: bool,
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// The first form of a page at an address.
    pub(crate) fn read(html: &str, page: &Url) -> Option<Self> {
        let (_, rest) = html.split_once("<form")?;
        let (head, rest) = rest.split_once('>')?;
        let body = rest.split("</form>").next()?;
        let action = page.join(&attribute(head, "action").unwrap_or_default()).ok()?;
        let posts = attribute(head, "method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
        let input = |tag: &str| {
            let tag = tag.split('>').next()?;
            Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))
        };
        let fields = body.split("<input").skip(1).filter_map(input).collect();
        Some(Self { action, posts, fields })
    }

    /// The value of a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The same form with a field set.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(own, _)| own != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescape(rest.split('"').next()?))
}

fn unescape(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_with_its_escapes() {
        let page = Url::parse("http://a/b").unwrap();
        let html = r#"<p><form method="post" action="/c?x=1&amp;y=2"><input type="hidden" name="s" value="&#34;q&#34;&#38;"></form>"#;
        let form = Form::read(html, &page).unwrap();
        assert_eq!(form.action.as_str(), "http://a/c?x=1&y=2");
        assert_eq!(form.value("s"), Some("\"q\"&"));
        assert!(form.posts);
    }
}
