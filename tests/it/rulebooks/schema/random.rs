//! Rules put together by chance out of what every condition says of itself.

use featurebase_bouncer::decision::{Stage, Then};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn condition() -> impl Strategy<Value = String> {
    let examples: Vec<&str> = KINDS.iter().map(|kind| kind.example).collect();
    let leaf = select(examples).prop_map(str::to_owned);
    leaf.prop_recursive(3, 12, 3, |inner| {
        let group = select(vec!["all", "any", "none"]);
        (group, prop::collection::vec(inner, 1..4))
            .prop_map(|(group, parts)| format!("{{ {group} = [{}] }}", parts.join(", ")))
    })
}

prop_compose! {
    fn one_rule()(
        stage in select(Stage::ALL),
        then in select(Then::ALL),
        points in -50_i64..50,
        all in prop::collection::vec(condition(), 0..3),
        any in prop::collection::vec(condition(), 1..4),
        unless in prop::collection::vec(condition(), 0..3),
        notes in any::<bool>(),
        number in 0_u32..1_000_000,
    ) -> String {
        let list = |key: &str, conditions: &[String]| if conditions.is_empty() {
            String::new()
        } else {
            format!("{key} = [{}]\n", conditions.join(", "))
        };
        let points = if then == Then::Points { format!("points = {points}\n") } else { String::new() };
        let notes = if notes { "owner = \"ana\"\ntags = [\"a\", \"b\"]\n" } else { "" };
        let lines = [list("all", &all), list("any", &any), list("unless", &unless), points, notes.to_owned()];
        named(&format!("test/r-{number}"), stage.as_str(), then.as_str(), &lines.concat())
    }
}

prop_compose! {
    fn policy()(
        flag_at in 1_i64..20,
        more in 0_i64..20,
        kept in select(vec!["hold", "flag", "no"]),
        blocks in 0_u32..100,
        within in select(vec!["30s", "10m", "1h", "30d", "1500ms"]),
    ) -> String {
        let block_at = flag_at + more;
        format!("[policy]\nflag_at = {flag_at}\nblock_at = {block_at}\nprotect.customers = \"{kept}\"\nbrake.total = {{ blocks = {blocks}, within = \"{within}\" }}\n")
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn whatever_loads_keeps_to_the_schema(rule in one_rule(), policy in proptest::option::of(policy())) {
        let text = format!("{rule}\n{}", policy.unwrap_or_default());
        let codes = parser_codes(&text);
        prop_assert!(codes.is_empty(), "{codes:?}\n{text}");
        let errors = schema_errors(&as_json(&text));
        prop_assert!(errors.is_empty(), "{errors:?}\n{text}");
    }
}
