//! Recipes: named values for the keys that an experiment leaves out.

use super::Labels;
use std::path::Path;

/// The recipes that the program knows. A new one takes one line here.
const BUILT_IN: &[(&str, &str)] = &[
    ("classic", include_str!("../../../../configs/recipes/classic.toml")),
    ("modern", include_str!("../../../../configs/recipes/modern.toml")),
    ("mmdet", include_str!("../../../../configs/recipes/mmdet.toml")),
];

/// The names of the built-in recipes.
pub fn recipes() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// The keys of an experiment, with those that it leaves out from its recipe: the value of `recipe`, `classic` by default.
/// A path is relative to `folder`.
pub(super) fn with_recipe(mut keys: toml::Table, folder: &Path) -> Result<toml::Table, String> {
    let name = match keys.remove("recipe") {
        None => "classic".to_owned(),
        Some(toml::Value::String(name)) => name,
        Some(other) => return Err(format!("recipe = {other}: expected a string")),
    };
    let text = match BUILT_IN.iter().find(|(known, _)| *known == name) {
        Some((_, text)) => (*text).to_owned(),
        None if Labels::is_path(&name) => {
            let path = folder.join(&name);
            scannet::source::read_text(&path, super::source::LONGEST)
                .map_err(|reason| format!("cannot read the recipe ({reason}); check the path: {}", path.display()))?
        }
        None => {
            let known: Vec<&str> = recipes().collect();
            return Err(format!(
                "recipe = {name:?}: no recipe has this name; choose one of {}, or the path of a TOML file",
                known.join(", ")
            ));
        }
    };
    let mut recipe: toml::Table =
        text.parse().map_err(|error: toml::de::Error| format!("in the recipe {name}: {error}"))?;
    if let Some(key) = ["recipe", "name", "seed", "model"].into_iter().find(|key| recipe.contains_key(*key)) {
        return Err(format!("in the recipe {name}: a recipe has no key `{key}`"));
    }
    if let Some(toml::Value::Table(data)) = recipe.get_mut("data")
        && let Some(toml::Value::String(labels)) = data.get_mut("labels")
        && Labels::is_path(labels)
    {
        // relative to the recipe, not to the experiment
        let beside = folder.join(&name).with_file_name(&*labels);
        *labels = std::path::absolute(beside).map_err(|error| error.to_string())?.to_string_lossy().into_owned();
    }
    if name != "classic" && keys.get("augment").is_some_and(toml::Value::is_table) {
        return Err(format!(
            "augment is a table, as in earlier versions, which would replace the whole list of the recipe {name}; write \
             the list: augment = [{{ kind = \"rotate\" }}, …]"
        ));
    }
    Ok(merge(recipe, keys))
}

/// `over` with the keys that it lacks from `base`, in tables within tables as well. Nothing is taken from a table of
/// another `kind`, which shows in the kind itself or in keys that only one of them has.
fn merge(mut base: toml::Table, over: toml::Table) -> toml::Table {
    for (key, value) in over {
        let merged = match (base.remove(&key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(over)) if same_kind(&base, &over) => {
                toml::Value::Table(merge(base, over))
            }
            (_, value) => value,
        };
        base.insert(key, merged);
    }
    base
}

fn same_kind(base: &toml::Table, over: &toml::Table) -> bool {
    match (over.get("kind"), base.get("kind")) {
        (Some(kind), own) => own.is_some_and(|own| own == kind),
        (None, Some(_)) => over.keys().all(|key| base.contains_key(key)),
        (None, None) => true,
    }
}

#[cfg(test)]
mod tests {
    use crate::Config;
    use std::path::Path;

    fn read(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("experiment.toml"), &[]).map_err(|error| error.to_string())
    }

    #[test]
    fn the_classic_recipe_has_the_defaults_and_names_every_key() {
        let classic = read("recipe = 'classic'").unwrap();
        assert_eq!(classic, Config::default());
        let named: toml::Table = super::BUILT_IN[0].1.parse().unwrap();
        let all: toml::Table = Config::default().to_toml().parse().unwrap();
        for (section, keys) in all.iter().filter(|(key, _)| !["name", "seed", "model"].contains(&key.as_str())) {
            for key in keys.as_table().into_iter().flat_map(|keys| keys.keys()) {
                let own = named[section].as_table().is_some_and(|own| own.contains_key(key));
                assert!(own || key == "select_by", "classic.toml does not name {section}.{key}");
            }
        }
    }

    #[test]
    fn an_experiment_takes_what_it_leaves_out_from_its_recipe() {
        for recipe in super::recipes() {
            let config = read(&format!("recipe = '{recipe}'\n[train]\nbatch = 3")).unwrap();
            assert_eq!(config.train.batch, 3);
            // what is stored with a run names every key, and no recipe
            assert_eq!(read(&config.to_toml()).unwrap(), config, "{recipe}");
        }
        use crate::config::Schedule::{Cosine, Step};
        let rate = |keys: &str| {
            let text = format!("recipe = 'modern'\n[train]\nlearning_rate = {{ {keys} }}");
            read(&text).unwrap().train.learning_rate
        };
        assert!(matches!(rate("kind = 'step', start = 0.5"), Step(s) if s.decay == 0.7));
        assert!(matches!(rate("start = 0.5, decay = 0.9"), Step(s) if s.decay == 0.9));
        assert!(matches!(rate("start = 0.5"), Cosine(s) if s.start == 0.5 && s.warm_up == 0.05));
        // the earlier form of augmentations has nothing to do with a recipe's list
        assert!(read("recipe = 'modern'\n[augment]\nrotate = false").unwrap_err().contains("write the list"));
    }

    #[test]
    fn an_unknown_recipe_is_named_with_the_known_ones() {
        let error = read("recipe = 'moderm'").unwrap_err();
        assert!(error.contains("choose one of classic, modern, mmdet, or the path of a TOML file"), "{error}");
        let error = read("recipe = 'missing.toml'").unwrap_err();
        assert!(error.contains("cannot read the recipe"), "{error}");
    }
}
