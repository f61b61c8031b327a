//! Errors that the web service finds by itself; answered at once, nothing is published.

/// An error of the API: the HTTP status and the `ApiErrors` body.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{status} {kind}: {message}")]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// `ErrorType`.
    pub kind: &'static str,
    /// `ErrorData`: the value or the name that is wrong.
    pub data: String,
    /// `ErrorMessage`.
    pub message: String,
}

impl ApiError {
    /// The body, or a value whose form is fixed, cannot be read.
    pub fn bad_request(data: &str, message: impl Into<String>) -> Self {
        Self::new(400, "Bad Request", data, message)
    }

    /// Something needed was not given.
    pub fn parameter_missing(name: &str) -> Self {
        Self::new(
            400,
            "Parameter Missing",
            name,
            format!("'{name}' is required"),
        )
    }

    /// A value that is not known, or not allowed here.
    pub fn invalid_input(name: &str, message: impl Into<String>) -> Self {
        Self::new(400, "Invalid Input", name, message)
    }

    /// The change cannot be asked for now.
    pub fn invalid_state(state: &str, message: impl Into<String>) -> Self {
        Self::new(400, "Invalid State", state, message)
    }

    /// The two ends of a call are the same.
    pub fn invalid_destination(address: &str) -> Self {
        let message = "fromAddress and toAddress are the same";
        Self::new(400, "Invalid Destination", address, message)
    }

    /// Too many requests wait for this object.
    pub fn maximum_exceeded(object: &str) -> Self {
        let message = "too many requests wait for this object";
        Self::new(400, "Maximum Exceeded", object, message)
    }

    /// No credentials, or wrong ones.
    pub fn unauthorized(user: &str) -> Self {
        Self::new(401, "Authorization Failure", user, "UNAUTHORIZED")
    }

    /// Someone else's object.
    pub fn not_yours(user: &str) -> Self {
        let message = "the object belongs to another user";
        Self::new(401, "Invalid Authorization User Specified", user, message)
    }

    /// The team of a user whom one does not supervise.
    pub fn invalid_supervisor(user: &str) -> Self {
        Self::new(
            401,
            "Invalid Supervisor",
            user,
            "the user is in no team that you supervise",
        )
    }

    /// A supervisor's change that this state of the user does not allow.
    pub fn not_in_this_state(state: &str) -> Self {
        let message = "a supervisor cannot ask for this while the user is in this state";
        Self::new(401, "Invalid State", state, message)
    }

    /// Whoever asks must not.
    pub fn forbidden(message: &str) -> Self {
        Self::new(403, "Forbidden", "", message)
    }

    /// No user with this id.
    pub fn user_not_found(user: &str) -> Self {
        Self::new(404, "User Not Found", user, "UNKNOWN_USER")
    }

    /// No dialog with this id.
    pub fn dialog_not_found(id: &str) -> Self {
        Self::new(404, "Dialog Not Found", id, "no such dialog")
    }

    /// No such resource.
    pub fn not_found(path: &str) -> Self {
        Self::new(404, "Not Found", path, "no such resource")
    }

    /// The resource is there, but not for this method.
    pub fn method_not_allowed(method: &str) -> Self {
        Self::new(
            405,
            "Method Not Allowed",
            method,
            "the resource does not have this method",
        )
    }

    /// The body is larger than this service reads.
    pub fn too_large(limit: usize) -> Self {
        let message = format!("the body is longer than {limit} bytes");
        Self::new(413, "Bad Request", "", message)
    }

    /// Something went wrong in here.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "Internal Server Error", "", message)
    }

    /// Part of the API that this service does not have.
    pub fn not_implemented(what: &str) -> Self {
        Self::new(
            501,
            "Not Implemented",
            what,
            "this deployment does not do that",
        )
    }

    /// The node has no engine.
    pub fn out_of_service() -> Self {
        Self::new(503, "Service Unavailable", "", "SERVER_OUT_OF_SERVICE")
    }

    /// A service that this one needs is away; the node itself is in service.
    pub fn unavailable(message: &str) -> Self {
        Self::new(503, "Service Unavailable", "", message)
    }

    fn new(status: u16, kind: &'static str, data: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            data: data.to_owned(),
            message: message.into(),
        }
    }
}
