// What a Relay application writes: a paged list that loads more, a fragment for each row, a refetch by id, a mutation, a subscription.
import { graphql } from 'relay-runtime';

export const query = graphql`
  query salesQuery($first: Int!, $after: String) {
    ...sales_list @arguments(first: $first, after: $after)
  }
`;

export const list = graphql`
  fragment sales_list on Query
  @argumentDefinitions(first: { type: "Int", defaultValue: 20 }, after: { type: "String" })
  @refetchable(queryName: "salesListPaginationQuery") {
    sales(first: $first, after: $after, orderBy: { field: PAID_AT, direction: DESC }) @connection(key: "sales_list_sales") {
      edges {
        node {
          id
          ...sales_row
        }
      }
    }
  }
`;

export const row = graphql`
  fragment sales_row on Sale @refetchable(queryName: "salesRowRefetchQuery") {
    paidAt
    net {
      original {
        amount
        currency
      }
    }
    click {
      clickId
      link {
        shortLink
      }
    }
  }
`;

export const node = graphql`
  query salesNodeQuery($id: ID!) {
    node(id: $id) {
      __typename
      ... on Customer {
        email
        totals {
          currency
          net {
            amount
          }
        }
      }
    }
  }
`;

export const create = graphql`
  mutation salesLinkCreateMutation($input: LinkCreateInput!) {
    linkCreate(input: $input) {
      link {
        id
        shortLink
      }
      userErrors {
        field
        message
        code
      }
    }
  }
`;

export const changed = graphql`
  subscription salesSaleChangedSubscription($after: String) {
    saleChanged(after: $after) {
      cursor
      kind
      sale {
        ...sales_row
      }
    }
  }
`;
