//! The words of LTI: claims, roles, and what an id_token says.

pub mod claims;
pub mod roles;
