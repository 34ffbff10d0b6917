// GraphQL Code Generator's client preset, as an application has it; the folder is laid out by test_compilers.py.
import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: './schema.graphql',
  documents: ['src/**/*.ts'],
  generates: {
    './src/gql/': {
      preset: 'client',
      presetConfig: { persistedDocuments: { hashAlgorithm: 'sha256' } },
      config: {
        useTypeImports: true,
        scalars: { DateTime: 'string', Decimal: 'string', BigInt: { input: 'string | number', output: 'string' }, JSON: 'unknown' },
      },
    },
  },
};

export default config;
