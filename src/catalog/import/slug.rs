//! Names for addresses and for variants, made from what people write.

use crate::catalog::Handle;

/// Letters outside `a-z` that are written with them: as German does with umlauts, else the plain letter.
const PLAIN: [(&str, &str); 26] = [
    ("ä", "ae"),
    ("ö", "oe"),
    ("ü", "ue"),
    ("ß", "ss"),
    ("æ", "ae"),
    ("œ", "oe"),
    ("àáâãåāăą", "a"),
    ("çćĉċč", "c"),
    ("ďđð", "d"),
    ("èéêëēĕėęě", "e"),
    ("ĝğġģ", "g"),
    ("ĥħ", "h"),
    ("ìíîïĩīĭįı", "i"),
    ("ĵ", "j"),
    ("ķ", "k"),
    ("ĺļľł", "l"),
    ("ñńņňŋ", "n"),
    ("òóôõøōŏő", "o"),
    ("ŕŗř", "r"),
    ("śŝşšș", "s"),
    ("ţťŧț", "t"),
    ("ùúûũūŭůűų", "u"),
    ("ŵ", "w"),
    ("ýÿŷ", "y"),
    ("źżž", "z"),
    ("þ", "th"),
];

/// `a-z`, `0-9` and single hyphens between them, at most `most` bytes; empty if nothing is left.
pub(super) fn slug(text: &str, most: usize) -> String {
    let mut made = String::new();
    for letter in text.chars().flat_map(char::to_lowercase) {
        let plain = PLAIN.iter().find(|(letters, _)| letters.contains(letter)).map(|(_, plain)| *plain);
        match plain {
            Some(plain) => made.push_str(plain),
            None if letter.is_ascii_alphanumeric() => made.push(letter),
            // Marks within a word: "women's" is one word.
            None if matches!(letter, '\'' | '’' | '\u{300}'..='\u{36f}') => {}
            None if !made.is_empty() && !made.ends_with('-') => made.push('-'),
            None => {}
        }
        if made.len() > most.saturating_mul(2) {
            break;
        }
    }
    made.truncate(most);
    made.trim_end_matches('-').to_owned()
}

/// The handle made from a text; `None` if it has no letter or digit that a handle can have.
pub(super) fn handle(text: &str) -> Option<Handle> {
    Handle::new(&slug(text, 80)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_addresses_that_people_can_read() {
        assert_eq!(slug("Größe 42 — Women's Crème brûlée!", 80), "groesse-42-womens-creme-brulee");
        assert_eq!(slug("  --T-Shirt--  ", 80), "t-shirt");
        assert_eq!(slug(&"ab ".repeat(100), 80).len(), 80);
        assert_eq!(slug(&"abcd ".repeat(100), 80).len(), 79, "no hyphen at the end");
        assert_eq!(slug("東京", 80), "");
        assert_eq!(handle("東京"), None);
        assert_eq!(handle("Café").map(String::from).as_deref(), Some("cafe"));
    }
}
