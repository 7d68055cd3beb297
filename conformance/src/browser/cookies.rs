//! Cookies by host (RFC 6265): ports share them, paths divide them.

use url::Url;

#[derive(Debug, Clone)]
struct Cookie {
    host: String,
    path: String,
    name: String,
    value: String,
    partitioned: bool,
}

/// The cookies of one browser.
#[derive(Debug, Clone, Default)]
pub(crate) struct Jar(Vec<Cookie>);

impl Jar {
    /// Takes a `Set-Cookie` header.
    pub(crate) fn take(&mut self, url: &Url, header: &str) {
        let mut parts = header.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { return };
        let attributes: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
        let of = |name: &str| attributes.iter().find_map(|a| a.strip_prefix(name)?.strip_prefix('='));
        let host = url.host_str().unwrap_or_default().to_owned();
        let path = of("path").unwrap_or("/").to_owned();
        self.0.retain(|own| (&own.host, &own.path, own.name.as_str()) != (&host, &path, name));
        if of("max-age") != Some("0") {
            let partitioned = attributes.iter().any(|attribute| attribute == "partitioned");
            self.0.push(Cookie { host, path, name: name.to_owned(), value: value.to_owned(), partitioned });
        }
    }

    /// The `Cookie` header for an address.
    pub(crate) fn header(&self, url: &Url) -> Option<String> {
        let fits = |cookie: &&Cookie| {
            let rest = url.path().strip_prefix(&cookie.path);
            let path = rest
                .is_some_and(|rest| rest.is_empty() || cookie.path.ends_with('/') || rest.starts_with('/'));
            Some(cookie.host.as_str()) == url.host_str() && path
        };
        let pairs: Vec<_> = self.0.iter().filter(fits).map(|c| format!("{}={}", c.name, c.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    pub(crate) fn keep_only_partitioned(&mut self) {
        self.0.retain(|cookie| cookie.partitioned);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_share_and_paths_divide() {
        let at = |text: &str| Url::parse(text).unwrap();
        let mut jar = Jar::default();
        jar.take(&at("http://127.0.0.1:1/lti/login"), "a=1; Path=/lti; Secure; SameSite=None");
        jar.take(&at("http://127.0.0.1:1/"), "b-p=2; Path=/; Partitioned");
        assert_eq!(jar.header(&at("http://127.0.0.1:2/lti/launch")).unwrap(), "a=1; b-p=2");
        assert_eq!(jar.header(&at("http://127.0.0.1:2/ltix")).unwrap(), "b-p=2");
        assert!(jar.header(&at("http://other/lti")).is_none());
        jar.keep_only_partitioned();
        assert_eq!(jar.header(&at("http://127.0.0.1/lti")).unwrap(), "b-p=2");
        jar.take(&at("http://127.0.0.1/"), "b-p=; Path=/; Max-Age=0");
        assert!(jar.header(&at("http://127.0.0.1/")).is_none());
    }
}
