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

REPORT = """query Report($since: DateTime!, $until: DateTime!) {
  report(input: {from: $since, to: $until, groupBy: [COUNTRY], orderBy: {field: NET, direction: DESC}}) {
    totals { clicks sales net { amount currency } } rows { country clicks sales gross { amount } net { amount } } } }"""
PEER_REPORT = """query Report($since: Datetime!, $until: Datetime!) {
  clicksBetween(since: $since, until: $until) { groupedAggregates(groupBy: [COUNTRY]) { keys sum { one } } }
  salesBetween(since: $since, until: $until) {
    groupedAggregates(groupBy: [COUNTRY]) { keys sum { one convertedGrossMinor convertedNetMinor } } } }"""
PEER_FUNCTIONS = (
    "CREATE VIEW counted_click AS SELECT country, 1 AS one, clicked_at, workspace_id FROM click WHERE NOT bot",
    "CREATE VIEW counted_sale AS SELECT s.*, c.country, 1 AS one FROM sale s LEFT JOIN click c ON c.id = s.click_id",
    "CREATE FUNCTION clicks_between(since timestamptz, until timestamptz) RETURNS SETOF counted_click LANGUAGE sql STABLE AS "
    "'SELECT * FROM counted_click WHERE workspace_id = 1 AND clicked_at >= since AND clicked_at < until'",
    "CREATE FUNCTION sales_between(since timestamptz, until timestamptz) RETURNS SETOF counted_sale LANGUAGE sql STABLE AS "
    "'SELECT * FROM counted_sale WHERE workspace_id = 1 AND livemode AND paid_at >= since AND paid_at < until'",
)
"""What it takes for PostGraphile to narrow what it sums to a range of time."""
