//! A description in HTML, as other shops write it, made plain text.
//!
//! Owns nothing but the walk over the text: tags go, what they meant for the layout (paragraphs, line
//! breaks, lists) becomes line breaks, entities become their characters. What stands in scripts and styles
//! goes altogether. The result is text for [`crate::base::Paragraph`]: pages escape it like every other, so
//! that nothing that was a tag, or an entity that looks like one, can become one again. Takes linear time.

/// Elements whose content is not meant for readers.
const SILENT: [&str; 8] = ["script", "style", "template", "iframe", "object", "svg", "noscript", "title"];
/// Elements after which a new paragraph begins.
const BLOCKS: [&str; 17] = [
    "p",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "table",
    "blockquote",
    "section",
    "article",
    "pre",
    "dl",
    "figure",
];
/// Elements after which a new line begins.
const LINES: [&str; 5] = ["br", "tr", "dt", "dd", "hr"];

/// Entities that descriptions have; the rest of HTML's two thousand stays as it is written.
const ENTITIES: [(&str, char); 31] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("hellip", '…'),
    ("bull", '•'),
    ("middot", '·'),
    ("times", '×'),
    ("deg", '°'),
    ("frac12", '½'),
    ("euro", '€'),
    ("pound", '£'),
    ("copy", '©'),
    ("reg", '®'),
    ("trade", '™'),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("szlig", 'ß'),
    ("eacute", 'é'),
];

/// What stands between two words.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Line,
    Paragraph,
}

/// Text that grows word by word: what stands between words is kept until the next one comes.
struct Out {
    text: String,
    gap: Gap,
}

impl Out {
    fn gap(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
    }

    fn push(&mut self, letter: char) {
        if letter.is_whitespace() {
            return self.gap(Gap::Space);
        }
        // Controls and marks that turn text around or hide in it: never meant by who wrote a description.
        if letter.is_control()
            || matches!(letter, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        {
            return;
        }
        if !self.text.is_empty() {
            self.text.push_str(match self.gap {
                Gap::None => "",
                Gap::Space => " ",
                Gap::Line => "\n",
                Gap::Paragraph => "\n\n",
            });
        }
        self.gap = Gap::None;
        self.text.push(letter);
    }
}

/// The readable text of `html`: words a space apart, paragraphs an empty line apart, list items on lines of
/// their own behind `•`. A line break in the source is a line break in the text where `breaks` says so
/// (WordPress makes paragraphs of them), else a space as in HTML.
pub(super) fn plain(html: &str, breaks: bool) -> String {
    let mut out = Out { text: String::new(), gap: Gap::None };
    let mut rest = html;
    let mut newline = false;
    // Once no tag ends any more there is none, however many begin.
    let mut tags = true;
    while let Some(letter) = rest.chars().next() {
        let after = rest.get(letter.len_utf8()..).unwrap_or_default();
        let second = newline && letter == '\n';
        newline = letter == '\n' || (newline && letter == '\r');
        rest = match letter {
            '<' if tags && begins_tag(after) => match tag(after) {
                Some((name, next)) => element(name, after, next, &mut out),
                None => {
                    tags = false;
                    out.push('<');
                    after
                }
            },
            '&' => {
                let (meant, next) = entity(after).unwrap_or(('&', after));
                out.push(meant);
                next
            }
            '\n' if breaks => {
                out.gap(if second { Gap::Paragraph } else { Gap::Line });
                after
            }
            _ => {
                out.push(letter);
                after
            }
        };
    }
    out.text
}

/// Whether a `<` before this begins a tag: `a < b` does not.
fn begins_tag(after: &str) -> bool {
    after.starts_with(|letter: char| letter.is_ascii_alphabetic() || matches!(letter, '/' | '!' | '?'))
}

/// The tag's name with its slash, and what comes after it; a comment that never ends goes to the end, as
/// browsers have it. `None` if no tag ends any more.
fn tag(after: &str) -> Option<(&str, &str)> {
    if let Some(comment) = after.strip_prefix("!--") {
        return Some(("!", comment.split_once("-->").map_or("", |(_, next)| next)));
    }
    let (inside, next) = after.split_once('>')?;
    let end = inside.find(|letter: char| letter.is_whitespace()).unwrap_or(inside.len());
    Some((inside.get(..end).unwrap_or_default(), next))
}

/// Does what a tag means for the text; gives back where reading goes on.
fn element<'a>(name: &str, after: &'a str, next: &'a str, out: &mut Out) -> &'a str {
    let known = |list: &[&str], name: &str| list.iter().any(|known| known.eq_ignore_ascii_case(name));
    let closes = name.starts_with('/');
    let bare = name.trim_matches('/');
    if known(&["li"], bare) {
        out.gap(Gap::Line);
        if !closes {
            out.push('•');
            out.gap(Gap::Space);
        }
    } else if known(&["td", "th"], bare) {
        out.gap(Gap::Space);
    } else if known(&LINES, bare) {
        out.gap(Gap::Line);
    } else if known(&BLOCKS, bare) {
        out.gap(Gap::Paragraph);
    }
    if !closes && known(&SILENT, bare) && !after.split('>').next().is_some_and(|tag| tag.ends_with('/')) {
        out.gap(Gap::Space);
        return past_end(next, bare);
    }
    next
}

/// What comes after `</name`, its tag left to the walk; nothing if it never closes.
fn past_end<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some((_, next)) = rest.split_once("</") {
        if next.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name)) {
            return next.split_once('>').map_or("", |(_, after)| after);
        }
        rest = next;
    }
    ""
}

/// The character of an entity, and what comes after its semicolon.
fn entity(after: &str) -> Option<(char, &str)> {
    let end = after.bytes().take(10).position(|byte| byte == b';')?;
    let (name, next) = (after.get(..end)?, after.get(end.saturating_add(1)..)?);
    let meant = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
        None => ENTITIES.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((meant, next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_the_layout_meant_stays_and_every_tag_goes() {
        let html = "<p>Soft <b>wool</b>.<br/>Made here.</p>\n<!-- wp:list --><ul class=\"x\"><li>Warm</li>\n<li>Light</li></ul><H2>Care</H2>Wash&nbsp;cold &amp; dry, 2 &lt; 3, a < b &#8211; &#x2013; &unknown;";
        assert_eq!(
            plain(html, false),
            "Soft wool.\nMade here.\n\n• Warm\n• Light\n\nCare\n\nWash cold & dry, 2 < 3, a < b – – &unknown;"
        );
    }

    #[test]
    fn scripts_and_styles_leave_nothing_behind() {
        let html = "a<script>alert('<p>')</script >b<style>p{}</STYLE>c<img src=x onerror=alert(1)>d<svg/>e<iframe>f";
        assert_eq!(plain(html, false), "a b cde");
        assert_eq!(plain("&lt;script&gt;alert(1)&lt;/script&gt;", false), "<script>alert(1)</script>");
        assert_eq!(plain("<scr<script>ipt>x", false), "ipt>x");
    }

    #[test]
    fn line_breaks_are_paragraphs_where_the_shop_means_them_so() {
        assert_eq!(plain("one\ntwo\r\n\r\nthree", true), "one\ntwo\n\nthree");
        assert_eq!(plain("one\ntwo\n\nthree", false), "one two three");
        assert_eq!(plain("a\u{202e}b\u{0}c\u{feff}", false), "abc");
    }

    #[test]
    fn millions_of_tags_that_never_end_take_no_time() {
        for text in ["<", "<a", "<script", "<!--", "&", "</", "<script></", "&#"] {
            let long = text.repeat(200_000);
            let began = std::time::Instant::now();
            plain(&long, true);
            assert!(began.elapsed().as_secs() < 5, "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_without_marks_stays_and_is_read_again_as_itself(words in "[a-zä]{1,8}( [a-zä]{1,8}){0,9}") {
            prop_assert_eq!(plain(&words, true), words);
        }

        #[test]
        fn nothing_makes_it_panic(text: String) {
            plain(&text, true);
        }
    }
}
