"""`gql`, Python's GraphQL client, against the real server: over HTTP and a WebSocket, as docs/graphql.md tells."""
