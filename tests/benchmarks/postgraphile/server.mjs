// PostGraphile 5 over the same tables, as its documentation starts it: node server.mjs <database address>. Prints its address.
// Its own explorer and its schema watching are off; its plugin for aggregates is on; everything else is its default.
import { createServer } from "node:http";
import { PgAggregatesPreset } from "@graphile/pg-aggregates";
import { grafserv } from "postgraphile/grafserv/node";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const instance = postgraphile({
  extends: [PostGraphileAmberPreset, PgAggregatesPreset],
  pgServices: [makePgService({ connectionString: process.argv[2], schemas: ["public"] })],
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
  grafast: { explain: false },
});

const server = createServer();
server.on("error", (error) => { console.error(error); process.exit(1); });
await instance.createServ(grafserv).addTo(server);
server.listen(0, "127.0.0.1", () => console.log(`Address   http://127.0.0.1:${server.address().port}`));
process.on("SIGTERM", () => process.exit(0));
