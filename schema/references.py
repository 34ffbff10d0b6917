"""Types by name, for fields that point to each other across modules."""

from typing import TYPE_CHECKING, Annotated, TypeAlias

import strawberry

from schema.connections import Connection

if TYPE_CHECKING:
    from schema.clicks import Click
    from schema.customers import Customer
    from schema.events import StripeEvent
    from schema.journeys import Touch
    from schema.leads import Lead
    from schema.links import Link
    from schema.refunds import Dispute, Refund
    from schema.sales import Sale
    from schema.workspaces import ApiKey

ApiKeyLater: TypeAlias = Annotated["ApiKey", strawberry.lazy("schema.workspaces")]
ClickLater: TypeAlias = Annotated["Click", strawberry.lazy("schema.clicks")]
CustomerLater: TypeAlias = Annotated["Customer", strawberry.lazy("schema.customers")]
DisputeLater: TypeAlias = Annotated["Dispute", strawberry.lazy("schema.refunds")]
LeadLater: TypeAlias = Annotated["Lead", strawberry.lazy("schema.leads")]
LinkLater: TypeAlias = Annotated["Link", strawberry.lazy("schema.links")]
RefundLater: TypeAlias = Annotated["Refund", strawberry.lazy("schema.refunds")]
SaleLater: TypeAlias = Annotated["Sale", strawberry.lazy("schema.sales")]
StripeEventLater: TypeAlias = Annotated["StripeEvent", strawberry.lazy("schema.events")]
TouchLater: TypeAlias = Annotated["Touch", strawberry.lazy("schema.journeys")]

ApiKeyConnection: TypeAlias = Connection[ApiKeyLater]
ClickConnection: TypeAlias = Connection[ClickLater]
CustomerConnection: TypeAlias = Connection[CustomerLater]
DisputeConnection: TypeAlias = Connection[DisputeLater]
LeadConnection: TypeAlias = Connection[LeadLater]
LinkConnection: TypeAlias = Connection[LinkLater]
RefundConnection: TypeAlias = Connection[RefundLater]
SaleConnection: TypeAlias = Connection[SaleLater]
StripeEventConnection: TypeAlias = Connection[StripeEventLater]
TouchConnection: TypeAlias = Connection[TouchLater]
