// graphql-eslint over the schema and every document that docs/graphql.md publishes: its recommended rules and its rules for Relay.
import { readFileSync } from 'node:fs';
import plugin from '@graphql-eslint/eslint-plugin';
import { buildSchema, isObjectType } from 'graphql';

const types = Object.values(buildSchema(readFileSync('schema.graphql', 'utf8')).getTypeMap());
const values = types.filter((type) => isObjectType(type) && !type.getInterfaces().some(({ name }) => name === 'Node'));

const exceptions = {
  // Identity is Node's. Money, a page, a payload or a share of credit is a value: an id would promise that one can ask for it again.
  '@graphql-eslint/strict-id-in-types': ['error', { exceptions: { types: values.map(({ name }) => name) } }],
  // Connections have `nodes` beside `edges`, as GitHub's and Shopify's; short lists that end (credits, tags) are plain lists. A touch is a
  // value, a click in its place of a journey, and has a connection all the same.
  '@graphql-eslint/relay-edge-types': [
    'error',
    { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
  ],
  // `Click.clickId` is the name that travels on links and in Stripe's metadata; `Click.id` is the global id.
  '@graphql-eslint/no-typename-prefix': 'off',
};

const languageOptions = {
  parser: plugin.parser,
  parserOptions: { graphQLConfig: { schema: './schema.graphql', documents: './documents/*.graphql' } },
};
const plugins = { '@graphql-eslint': plugin };
const { rules: recommended } = plugin.configs['flat/schema-recommended'];
const { rules: relay } = plugin.configs['flat/schema-relay'];
const { rules: operations } = plugin.configs['flat/operations-recommended'];

export default [
  { files: ['schema.graphql'], languageOptions, plugins, rules: { ...recommended, ...relay, ...exceptions } },
  { files: ['documents/*.graphql'], languageOptions, plugins, rules: operations },
];
