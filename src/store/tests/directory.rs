//! [`DirectoryStore`]: objects, people and deployments.

use boundary::{ConnectionId, EntId, PersonId, Profile, SectorId, ToolId};
use futures::future::join_all;
use time::Duration;

use super::examples::{
    NOW, WORLD, college, connection, ent, fill, lycee, newcomer, person, pupil, putting, records, sector,
    tool, withdrawing, write,
};
use super::{count, on_both};
use crate::boot::SystemChance;
use crate::directory::{Affiliation, DirectoryStore, InactiveDeployment, Known};

#[tokio::test]
async fn objects_are_found_by_id_and_by_their_other_names() {
    on_both("directory_objects", async |place| {
        let store = place.store().await;
        fill(&store, "").await;
        assert_eq!(store.ent(&ent()).await.unwrap().unwrap().code.as_deref(), Some("D0"));
        assert_eq!(store.school(&lycee()).await.unwrap().unwrap().nature.as_deref(), Some("302"));
        assert_eq!(store.sector(&sector()).await.unwrap().unwrap().organisation.as_str(), "publisher");
        assert_eq!(store.lti_platform(&connection()).await.unwrap().unwrap().client_id, "broker");
        let by_issuer = store.lti_platforms("https://ent.example").await.unwrap();
        assert_eq!(by_issuer.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["ent-lti"]);
        assert!(!store.tool(&tool()).await.unwrap().unwrap().withdrawn);
        assert_eq!(store.lti_tool("atlas").await.unwrap().unwrap().tool, tool());
        for stranger in ["", "https://ent.example/", "nul \0 nul", "broker", "atlas"] {
            assert!(store.lti_platforms(stranger).await.unwrap().is_empty(), "{stranger:?}");
        }
        assert!(store.lti_tool("nul \0 nul").await.unwrap().is_none());
        assert!(store.ent(&EntId::parse("ent-2").unwrap()).await.unwrap().is_none());
        assert!(store.sector(&SectorId::parse("ATLAS").unwrap()).await.unwrap().is_none(), "ids have a case");
    })
    .await;
}

#[tokio::test]
async fn what_was_withdrawn_is_absent_but_for_tools_which_say_so() {
    on_both("directory_withdrawn", async |place| {
        let store = place.store().await;
        fill(&store, "").await;
        write(&store, withdrawing(records(WORLD))).await.unwrap();
        assert!(store.ent(&ent()).await.unwrap().is_none());
        assert!(store.school(&lycee()).await.unwrap().is_none());
        assert!(store.sector(&sector()).await.unwrap().is_none());
        assert!(store.lti_platform(&connection()).await.unwrap().is_none());
        assert!(store.lti_platforms("https://ent.example").await.unwrap().is_empty());
        assert!(store.tool(&tool()).await.unwrap().unwrap().withdrawn);
        assert!(store.lti_tool("atlas").await.unwrap().is_some(), "the licence decision tells that it is");
        assert!(store.tool(&ToolId::parse("other").unwrap()).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn an_issuer_has_several_registrations_and_a_name_moves_with_its_object() {
    on_both("directory_names", async |place| {
        let store = place.store().await;
        let second = WORLD[WORLD.find("[[ent.lti]]").unwrap()..WORLD.find("[[school]]").unwrap()]
            .replace("ent-lti", "ent-lti-2")
            .replace("broker", "broker-2");
        let (before, after) = WORLD.split_once("[[school]]").unwrap();
        write(&store, putting(records(&format!("{before}{second}[[school]]{after}")))).await.unwrap();
        let of = async |issuer: &str| {
            let mut ids: Vec<String> =
                store.lti_platforms(issuer).await.unwrap().iter().map(|p| p.id.to_string()).collect();
            ids.sort();
            ids
        };
        assert_eq!(of("https://ent.example").await, ["ent-lti", "ent-lti-2"]);
        let moved = WORLD.replace("issuer = \"https://ent.example\"", "issuer = \"https://new.example\"");
        write(&store, putting(records(&moved.replace("client_id = \"atlas\"", "client_id = \"map\""))))
            .await
            .unwrap();
        assert_eq!(of("https://ent.example").await, ["ent-lti-2"]);
        assert_eq!(of("https://new.example").await, ["ent-lti"]);
        assert!(
            store.lti_tool("atlas").await.unwrap().is_none()
                && store.lti_tool("map").await.unwrap().is_some()
        );
    })
    .await;
}

#[tokio::test]
async fn somebody_new_is_written_down_once() {
    on_both("directory_provision", async |place| {
        let store = place.store().await;
        assert!(store.known(&ent(), "ent", "lea").await.unwrap().is_none());
        let (first, second) = (newcomer("lea"), newcomer("lea"));
        store.provision(first.clone()).await.unwrap();
        store.provision(second.clone()).await.unwrap();
        let known = store.known(&ent(), "ent", "lea").await.unwrap().unwrap();
        let wanted = Known {
            person: first.person,
            affiliations: vec![first.affiliation.clone()],
            groups: vec![],
            sealed: vec![],
        };
        assert_eq!(*known, wanted);
        for table in ["SELECT COUNT(*) FROM person", "SELECT COUNT(*) FROM pseudonym_root"] {
            assert_eq!(count(&store, table).await, 1, "who does not get the identity leaves nothing behind");
        }
        for (namespace, subject) in [("ent", "Lea"), ("ENT", "lea"), ("ent", ""), ("ent", "l\0a")] {
            assert!(
                store.known(&ent(), namespace, subject).await.unwrap().is_none(),
                "{namespace}/{subject}"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_first_launches_of_one_person_make_one_person() {
    on_both("directory_raced", async |place| {
        let stores = [place.store().await, place.store().await];
        let all = (0..40).map(|n| stores[n % 2].provision(newcomer("lea")));
        assert!(join_all(all).await.into_iter().all(|done| done.is_ok()));
        let store = &stores[0];
        assert_eq!(count(store, "SELECT COUNT(*) FROM identity").await, 1);
        assert_eq!(count(store, "SELECT COUNT(*) FROM person").await, 1);
        assert_eq!(count(store, "SELECT COUNT(*) FROM pseudonym_root").await, 1);
        assert_eq!(person(store, "lea").await, person(&stores[1], "lea").await);
    })
    .await;
}

#[tokio::test]
async fn a_second_school_is_added_and_one_that_is_there_stays() {
    on_both("directory_affiliate", async |place| {
        let store = place.store().await;
        store.provision(newcomer("lea")).await.unwrap();
        let lea = person(&store, "lea").await;
        let at_college = Affiliation { school: college(), ..newcomer("lea").affiliation };
        for _ in 0..2 {
            store.affiliate(&ent(), lea, at_college.clone()).await.unwrap();
        }
        let other_level = Affiliation { level: Some("6EME".to_owned()), ..at_college.clone() };
        store.affiliate(&ent(), lea, other_level).await.unwrap();
        let known = store.known(&ent(), "ent", "lea").await.unwrap().unwrap();
        assert_eq!(
            known.affiliations,
            [at_college.clone(), newcomer("lea").affiliation],
            "in the order of schools"
        );
        let nobody = PersonId::draw(NOW, &SystemChance);
        store.affiliate(&ent(), nobody, at_college).await.unwrap();
        assert_eq!(
            count(&store, "SELECT COUNT(*) FROM affiliation").await,
            2,
            "nobody is affiliated to nothing"
        );
    })
    .await;
}

#[tokio::test]
async fn what_a_file_says_of_somebody_is_read_with_what_launches_said() {
    on_both("directory_file", async |place| {
        let store = place.store().await;
        store.provision(newcomer("lea")).await.unwrap();
        let lea = person(&store, "lea").await;
        let teaches =
            Affiliation { school: college(), profile: Profile::Teacher, ..newcomer("lea").affiliation };
        store.affiliate(&ent(), lea, teaches.clone()).await.unwrap();
        fill(&store, &pupil("lea")).await;
        let known = store.known(&ent(), "ent", "lea").await.unwrap().unwrap();
        assert_eq!(known.person, lea, "a file links to who is known and duplicates nobody");
        let jit: Vec<bool> = known.affiliations.iter().map(|a| a.jit).collect();
        assert_eq!(jit, [true, false], "the file has the last word at the lycée");
        let counted: Vec<&Affiliation> = known.counted().collect();
        assert_eq!(
            counted.iter().map(|a| (&a.school, a.profile)).collect::<Vec<_>>(),
            [(&lycee(), Profile::Pupil)]
        );
        assert_eq!(known.groups.iter().map(|g| g.code.as_str()).collect::<Vec<_>>(), ["2DE3"]);
    })
    .await;
}

#[tokio::test]
async fn a_deployment_waits_from_its_first_use_until_it_is_listed() {
    on_both("directory_deployments", async |place| {
        let store = place.store().await;
        fill(&store, "").await;
        let seen = |deployment: &str, minutes: i64| InactiveDeployment {
            connection: connection(),
            deployment: deployment.to_owned(),
            first_seen: NOW + Duration::minutes(minutes),
        };
        for one in [seen("late", 9), seen("early", 1), seen("late", 10), seen("early", 0), seen("1", 0)] {
            store.note_deployment(one).await.unwrap();
        }
        let gone = InactiveDeployment { connection: ConnectionId::parse("gone").unwrap(), ..seen("x", 0) };
        store.note_deployment(gone).await.unwrap();
        let waiting = store.inactive_deployments().await.unwrap();
        assert_eq!(
            waiting,
            [seen("early", 1), seen("late", 9)],
            "not those that are listed or whose connection is gone"
        );
        let listed = WORLD.replace("{ id = \"1\",", "\"late\", { id = \"1\",");
        write(&store, putting(records(&listed))).await.unwrap();
        assert_eq!(store.inactive_deployments().await.unwrap(), [seen("early", 1)]);
    })
    .await;
}
