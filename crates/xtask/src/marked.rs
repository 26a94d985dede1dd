//! Turns a page with two marker comments into the same page with other text between them.

/// The part of a page that a program writes.
pub(crate) struct Section {
    /// Where the page lies, from the root.
    pub(crate) page: &'static str,
    pub(crate) begin: &'static str,
    pub(crate) end: &'static str,
}

impl Section {
    /// What stands between the markers, and how many lines stand above it.
    pub(crate) fn text<'p>(&self, page: &'p str) -> Result<(&'p str, usize), String> {
        let (before, text, _) = self.parts(page)?;
        Ok((text, before.lines().count() + 1))
    }

    /// The page with `text` between its markers.
    pub(crate) fn renewed(&self, page: &str, text: &str) -> Result<String, String> {
        let (before, _, after) = self.parts(page)?;
        Ok(format!("{before}{}\n{text}{}{after}", self.begin, self.end))
    }

    fn parts<'p>(&self, page: &'p str) -> Result<(&'p str, &'p str, &'p str), String> {
        let missing = || format!("{} needs the lines `{}` and `{}`", self.page, self.begin, self.end);
        let (before, rest) = page.split_once(self.begin).ok_or_else(missing)?;
        let (text, after) = rest.split_once(self.end).ok_or_else(missing)?;
        Ok((before, text, after))
    }
}

#[cfg(test)]
mod tests {
    use super::Section;

    const SECTION: Section = Section { page: "a.md", begin: "<!-- b -->", end: "<!-- /b -->" };

    #[test]
    fn what_stands_around_the_markers_stays() {
        let page = "# A\n<!-- b -->\nold\n<!-- /b -->\nmore\n";
        assert_eq!(SECTION.text(page), Ok(("\nold\n", 2)));
        assert_eq!(SECTION.renewed(page, "new\n").as_deref(), Ok("# A\n<!-- b -->\nnew\n<!-- /b -->\nmore\n"));
    }

    #[test]
    fn a_page_without_the_markers_is_an_error_that_names_them() {
        let error = SECTION.renewed("# A\n<!-- b -->\n", "").expect_err("the second marker is missing");
        assert!(error.contains("a.md") && error.contains("<!-- /b -->"), "{error}");
    }
}
