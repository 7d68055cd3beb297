//! Who passes which extractor, for every role and with every kind of scope.

use axum::http::{Request, StatusCode};
use axum::response::IntoResponse;

use super::*;
use crate::access::{AccountId, Read, Scopes, Write, area};

fn caller(role: Role, scopes: &str) -> Caller {
    let account = AccountId::parse("client-x").unwrap();
    Caller { account, role, scopes: Scopes::parse(scopes).unwrap() }
}

fn roles() -> [Role; 5] {
    let schools = BTreeSet::from([Uai::parse_any_letter("0750001U").unwrap()]);
    let organisation = OrganisationId::parse("editeur").unwrap();
    [
        Role::Operator,
        Role::Dpo,
        Role::SchoolManager(schools),
        Role::PublisherManager(organisation),
        Role::Auditor,
    ]
}

async fn asked<E: FromRequestParts<(), Rejection = Denied>>(signed: Option<Signed>) -> Result<E, Denied> {
    let (mut parts, ()) = Request::new(()).into_parts();
    if let Some(signed) = signed {
        parts.extensions.insert(signed);
    }
    E::from_request_parts(&mut parts, &()).await
}

/// Which roles pass, in the order of [`roles`].
async fn passing<E: FromRequestParts<(), Rejection = Denied>>(scopes: &str) -> Vec<bool> {
    let mut passing = Vec::new();
    for role in roles() {
        let signed = Signed::In(Box::new(caller(role, scopes)));
        passing.push(asked::<E>(Some(signed)).await.is_ok());
    }
    passing
}

#[tokio::test]
async fn each_role_passes_where_it_is_named_and_nowhere_else() {
    let one = |index: usize| (0..5).map(|role| role == index).collect::<Vec<_>>();
    assert_eq!(passing::<Operator>("").await, one(0));
    assert_eq!(passing::<Dpo>("").await, one(1));
    assert_eq!(passing::<Auditor>("").await, one(4));
    assert_eq!(passing::<Oversight>("").await, [true, true, false, false, true]);
    assert_eq!(passing::<SchoolStaff>("").await, [true, false, true, false, false]);
    assert_eq!(passing::<SchoolReader>("").await, [true, true, true, false, true]);
    assert_eq!(passing::<Publisher>("").await, [true, false, false, true, false]);
    assert_eq!(passing::<PublisherReader>("").await, [true, true, false, true, true]);
    assert_eq!(passing::<Anyone>("").await, [true; 5]);
}

#[tokio::test]
async fn a_token_passes_only_with_the_scope_that_the_signature_names() {
    type Reads = SchoolStaff<Read<area::Assignments>>;
    type Writes = SchoolStaff<Write<area::Assignments>>;
    let staff = [true, false, true, false, false];
    assert_eq!(passing::<Reads>("assignments:read").await, staff);
    assert_eq!(passing::<Reads>("assignments:write").await, staff);
    assert_eq!(passing::<Writes>("assignments:write").await, staff);
    assert_eq!(passing::<Writes>("assignments:read").await, [false; 5]);
    assert_eq!(passing::<Reads>("tools:write").await, [false; 5]);
    let denied = asked::<Writes>(Some(Signed::In(Box::new(caller(Role::Operator, ""))))).await.unwrap_err();
    let response = denied.into_response();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let challenge = response.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.ends_with("scope=\"assignments:write\""), "{challenge}");
}

#[tokio::test]
async fn without_the_layer_nobody_passes() {
    for signed in [None, Some(Signed::Nobody)] {
        let denied = asked::<Anyone>(signed).await.unwrap_err();
        assert_eq!(denied, Denied::Nobody);
        assert_eq!(denied.into_response().status(), StatusCode::UNAUTHORIZED);
    }
}
