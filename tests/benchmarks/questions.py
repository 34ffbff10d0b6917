"""The questions that reading is measured by: ours, and the same of PostGraphile's schema over the same tables."""

_NODE = """
  id paidAt net { original { amount currency } converted { amount currency } }
  customer { externalId email }
  click { clickId at country referer link { shortLink url utm { source campaign } } }
  refunds(first: 5) { nodes { amount { amount } at reason } } attribution { reason }
"""
PAGE = f"""query Page($after: String) {{ sales(first: 50, after: $after, orderBy: {{field: PAID_AT, direction: DESC}}) {{
  nodes {{ {_NODE} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
SALE = f"query Sale($id: ID!) {{ sale(id: $id) {{ {_NODE} }} }}"
SECOND_LAST = "query Where { sales(last: 51, orderBy: {field: PAID_AT, direction: DESC}) { pageInfo { startCursor } } }"
"""The cursor of the last page's neighbour: what a caller who walked the whole list would hold."""

_PEER_NODE = """
  rowId paidAt netMinor currency convertedNetMinor convertedCurrency reason
  customerByCustomerId { externalId email }
  clickByClickId { rowId clickedAt country referer linkByLinkId { domain key url utmSource utmCampaign } }
  refundsBySaleId(first: 5, orderBy: [AT_DESC, ROW_ID_DESC]) { nodes { amountMinor currency at reason } }
"""
PEER_PAGE = f"""query Page {{
  allSales(first: 50, orderBy: [PAID_AT_DESC, ROW_ID_DESC], condition: {{workspaceId: 1, livemode: true}}) {{
    nodes {{ {_PEER_NODE} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
PEER_SALE = f"query Sale($id: String!) {{ saleByRowId(rowId: $id) {{ {_PEER_NODE} }} }}"
