// An application's page over the generated types: what is wrong in it is an error of the compiler.
import { graphql } from './gql';
import type { ResultOf } from '@graphql-typed-document-node/core';

const Page = graphql(/* GraphQL */ `
  query Page($first: Int!, $filter: SaleFilter) {
    sales(first: $first, filter: $filter) {
      nodes {
        id
        status
        net {
          converted {
            amount
            minor
          }
        }
      }
    }
  }
`);

export function total(page: ResultOf<typeof Page>): bigint {
  return page.sales.nodes.reduce((sum, sale) => sum + BigInt(sale.net.converted?.minor ?? 0), 0n);
}
