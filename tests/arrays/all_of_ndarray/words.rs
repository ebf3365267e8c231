//! The words of a source, and where what they begin ends.

/// The words of a source: names, numbers, lifetimes, and signs; without comments and without what quotes hold.
pub(super) fn words(source: &str) -> Vec<String> {
    let (mut words, mut rest) = (Vec::new(), source);
    while let Some(first) = rest.chars().next() {
        let is_name = |c: char| c == '_' || c.is_alphanumeric();
        let len = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |at| at + 2)
        } else if first == '"' {
            let mut escaped = false;
            let end = rest[1..].find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            end.map_or(rest.len(), |at| at + 2)
        } else if first == '\'' && (rest[1..].starts_with('\\') || rest.chars().nth(2) == Some('\'')) {
            rest[2..].find('\'').map_or(rest.len(), |at| at + 3)
        } else if is_name(first) || first == '\'' {
            rest[1..].find(|c| !is_name(c)).map_or(rest.len(), |at| at + 1)
        } else if ["->", "=>", "::"].iter().any(|sign| rest.starts_with(sign)) {
            2
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(len);
        if !first.is_whitespace() && first != '"' && !word.starts_with("//") && !word.starts_with("/*") {
            words.push(word.to_owned());
        }
        rest = after;
    }
    words
}

/// Where the brackets end that `words` begin with: the place of the closing one.
pub(super) fn closing(words: &[String]) -> usize {
    let mut depth = 0;
    for (at, word) in words.iter().enumerate() {
        match &**word {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    words.len().saturating_sub(1)
}

/// `words` in parts: cut at each `separator` that is in no brackets, nor in angle brackets if these are types' words.
pub(super) fn parts<'a>(words: &'a [String], separator: &str, of_types: bool) -> Vec<&'a [String]> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, word) in words.iter().enumerate() {
        match &**word {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            "<" if of_types => depth += 1,
            ">" if of_types => depth -= 1,
            word if word == separator && depth == 0 => {
                parts.push(&words[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&words[start..]);
    parts
}

/// `words` without the parameters in angle brackets that they begin with, if they do.
pub(super) fn after_parameters(words: &[String]) -> &[String] {
    let mut depth = 0;
    for (at, word) in words.iter().enumerate() {
        match &**word {
            "<" => depth += 1,
            ">" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return if at == 0 { words } else { &words[at + 1..] };
        }
    }
    &[]
}

/// Where the body begins of the item that `words` begin with, or the item ends, if it has none.
pub(super) fn end_of_header(words: &[String]) -> usize {
    let mut at = 0;
    while at < words.len() && words[at] != "{" && words[at] != ";" {
        at += if ["(", "["].contains(&&*words[at]) { closing(&words[at..]) + 1 } else { 1 };
    }
    at
}

/// The name of a type, without what is before it (`&'a mut`) and behind it.
pub(super) fn type_name(words: &[String]) -> &str {
    let is_name = |word: &&String| word.starts_with(char::is_alphabetic) && !["mut", "dyn"].contains(&&***word);
    words.iter().find(is_name).map_or("", |word| word)
}

/// A type as it is written.
pub(super) fn readable(words: &[String]) -> String {
    let mut text = String::new();
    for word in words {
        text += word;
        if [",", ";", "mut"].contains(&&**word) || word.starts_with('\'') {
            text += " ";
        }
    }
    text.replace(" ,", ",").replace(" >", ">")
}
