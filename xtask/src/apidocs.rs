//! The programs that show the API's description, Swagger UI and `ReDoc`: from npm, by the lock file in `apidocs/`, with
//! our own scripts that start them. They become part of the site's package, so what is said of that (named by content,
//! compressed) holds for them.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

use crate::{repo::Repo, site, steps::Steps, tools};

/// What is taken of the packages; their licences go where they go.
const PROGRAMS: [(&str, &str); 8] = [
    ("swagger-ui-dist/swagger-ui-bundle.js", "swagger-ui-bundle.js"),
    ("swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt", "swagger-ui-bundle.js.LICENSE.txt"),
    ("swagger-ui-dist/swagger-ui.css", "swagger-ui.css"),
    ("swagger-ui-dist/LICENSE", "swagger-ui-licence.txt"),
    ("swagger-ui-dist/NOTICE", "swagger-ui-notice.txt"),
    ("redoc/bundles/redoc.standalone.js", REDOC),
    ("redoc/bundles/redoc.standalone.js.LICENSE.txt", "redoc.standalone.js.LICENSE.txt"),
    ("redoc/LICENSE", "redoc-licence.txt"),
];
/// Our own part.
const OWN: [&str; 4] = ["swagger.js", "swagger.css", "redoc.js", "redoc.css"];
const REDOC: &str = "redoc.standalone.js";
/// The picture that `ReDoc` fetches from its makers. It hides it when there is none.
const LOGO: &str = "https://cdn.redoc.ly/redoc/logo-mini.svg";
/// An address without a picture, and without a server.
const NOTHING: &str = "data:,";

/// Installs the packages where that is needed, and lays out in `to` what the site takes of them.
pub fn lay_out(repo: &Repo, steps: &mut Steps, to: &Path) -> Result<()> {
    let from = repo.root.join("apidocs");
    steps.take("npm packages (apidocs)", || tools::node::install(&from))?;
    site::remove(to)?;
    fs::create_dir_all(to)?;
    let packages = PROGRAMS.iter().map(|(package, name)| (from.join("node_modules").join(package), *name));
    for (file, name) in packages.chain(OWN.map(|name| (from.join(name), name))) {
        fs::copy(&file, to.join(name)).with_context(|| format!("copy {}", file.display()))?;
    }
    let redoc = to.join(REDOC);
    fs::write(&redoc, at_home(&fs::read_to_string(&redoc)?)?)?;
    Ok(())
}

/// `ReDoc` without what it would fetch from elsewhere: the console's pages may not, and its people's addresses are
/// nobody's business.
fn at_home(redoc: &str) -> Result<String> {
    ensure!(
        redoc.matches(LOGO).count() == 1,
        "this ReDoc does not fetch {LOGO}: look at what it fetches now, and change {}",
        file!()
    );
    Ok(redoc.replace(LOGO, NOTHING))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redoc_fetches_no_picture_and_another_redoc_is_noticed() {
        assert_eq!(at_home(&format!("a{LOGO}b")).expect("the known one"), "adata:,b");
        assert!(at_home("another").is_err());
        assert!(at_home(&LOGO.repeat(2)).is_err());
    }
}
